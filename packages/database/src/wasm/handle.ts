import type { SqlValue } from '../contract.ts';
import type { SqliteHandle, SqliteStatement } from '../handle.ts';
import { preparedStatementsMax, wasmScratchBytes } from '../limits.ts';
import type { NativeFunction, SqliteBuild } from './build.ts';

/** How a connection is opened. */
export interface WasmOpenOptions {
  /** The file's name in its pool; `:memory:` for none. */
  readonly file: string;
  /** The pool's name for SQLite; undefined opens in memory. */
  readonly vfs: string | undefined;
  /** Says whether the last failure of a file was one of room. */
  readonly isFull: () => boolean;
}

const readWriteCreate = 2 | 4;
const persistent = 1;
const transient = -1;
const resultRow = 100;
const resultDone = 101;
const resultIoError = 10;
const resultFull = 13;
const columnType = { integer: 1, float: 2, text: 3, blob: 4 } as const;

/** A failure of SQLite, told as `node:sqlite` tells it. */
class WasmSqliteError extends Error {
  override readonly name = 'WasmSqliteError';
  readonly errcode: number;
  readonly errstr: string;

  constructor(errcode: number, message: string) {
    super(message);
    this.errcode = errcode;
    this.errstr = message;
  }
}

/** The functions of the C interface that are called here; picked once, for looking each up by name costs as much as a call. */
const nativeNames = [
  'sqlite3_bind_blob',
  'sqlite3_bind_double',
  'sqlite3_bind_int64',
  'sqlite3_bind_null',
  'sqlite3_bind_text',
  'sqlite3_clear_bindings',
  'sqlite3_close_v2',
  'sqlite3_column_blob',
  'sqlite3_column_bytes',
  'sqlite3_column_count',
  'sqlite3_column_double',
  'sqlite3_column_name',
  'sqlite3_column_text',
  'sqlite3_column_type',
  'sqlite3_errmsg',
  'sqlite3_exec',
  'sqlite3_extended_result_codes',
  'sqlite3_finalize',
  'sqlite3_get_autocommit',
  'sqlite3_open_v2',
  'sqlite3_prepare_v3',
  'sqlite3_reset',
  'sqlite3_step',
] as const;

type Natives = Readonly<Record<(typeof nativeNames)[number], NativeFunction>>;

function pickNatives({ wasm }: SqliteBuild): Natives {
  const pick = (name: string): NativeFunction => {
    const native = wasm.exports[name];
    if (!native) throw new Error(`this build of SQLite has no ${name}`);
    return native;
  };
  return Object.fromEntries(nativeNames.map((name) => [name, pick(name)])) as Natives;
}

interface Compiled {
  readonly pointer: number;
  names: readonly string[] | undefined;
}

/** Opens a connection of the WebAssembly build. Everything is synchronous and belongs to one thread. */
export function openWasmHandle(build: SqliteBuild, options: WasmOpenOptions): SqliteHandle {
  const connection = new Connection(build, options);
  return {
    get isOpen() {
      return connection.isOpen;
    },
    get isTransaction() {
      return connection.isTransaction;
    },
    prepare: (sql) => createStatement(connection, sql),
    exec: (sql) => connection.exec(sql),
    close: () => connection.close(),
  };
}

function createStatement(connection: Connection, sql: string): SqliteStatement {
  // Wrong SQL is told now; afterwards the text finds the compiled statement, which others may share.
  connection.compile(sql);
  let isArrays = false;
  const collect = (parameters: readonly SqlValue[], rowsMax: number): unknown[] => {
    const compiled = connection.compile(sql);
    return connection.run(compiled, parameters, (columns) => {
      const rows: unknown[] = [];
      while (rows.length < rowsMax && connection.step(compiled)) rows.push(connection.row(compiled, columns, isArrays));
      return rows;
    });
  };
  return {
    all: (...parameters) => collect(parameters, Number.POSITIVE_INFINITY),
    get: (...parameters) => collect(parameters, 1)[0],
    run: (...parameters) => {
      const compiled = connection.compile(sql);
      return connection.run(compiled, parameters, () => {
        while (connection.step(compiled));
      });
    },
    setReturnArrays: (enabled) => {
      isArrays = enabled;
    },
  };
}

class Connection {
  readonly #build: SqliteBuild;
  readonly #c: Natives;
  readonly #isFull: () => boolean;
  readonly #statements = new Map<string, Compiled>();
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #scratch = 0;
  #scratchBytes = 0;
  #database = 0;

  constructor(build: SqliteBuild, { file, vfs, isFull }: WasmOpenOptions) {
    this.#build = build;
    this.#c = pickNatives(build);
    this.#isFull = isFull;
    const out = build.wasm.alloc(4);
    const vfsName = vfs === undefined ? 0 : this.#copyText(vfs);
    const name = this.#writeText(file).pointer;
    const code = this.#c.sqlite3_open_v2(name, out, readWriteCreate, vfsName);
    this.#database = this.#peek(out);
    build.wasm.dealloc(out);
    if (vfsName !== 0) build.wasm.dealloc(vfsName);
    if (code !== 0) {
      const error = this.#error(code);
      this.close();
      throw error;
    }
    this.#c.sqlite3_extended_result_codes(this.#database, 1);
  }

  get isOpen(): boolean {
    return this.#database !== 0;
  }

  get isTransaction(): boolean {
    return this.isOpen && this.#c.sqlite3_get_autocommit(this.#database) === 0;
  }

  exec(sql: string): void {
    this.#check(this.#c.sqlite3_exec(this.#opened(), this.#writeText(sql).pointer, 0, 0, 0));
  }

  close(): void {
    if (this.#database === 0) return;
    for (const { pointer } of this.#statements.values()) this.#c.sqlite3_finalize(pointer);
    this.#statements.clear();
    this.#c.sqlite3_close_v2(this.#database);
    this.#database = 0;
    if (this.#scratch !== 0) this.#build.wasm.dealloc(this.#scratch);
    this.#scratch = 0;
    this.#scratchBytes = 0;
  }

  compile(sql: string): Compiled {
    const known = this.#statements.get(sql);
    if (known) return known;
    this.#forgetOldest();
    const database = this.#opened();
    const { pointer: text, bytes } = this.#writeText(sql);
    const out = this.#build.wasm.alloc(4);
    const code = this.#c.sqlite3_prepare_v3(database, text, bytes, persistent, out, 0);
    const pointer = this.#peek(out);
    this.#build.wasm.dealloc(out);
    this.#check(code);
    const compiled: Compiled = { pointer, names: undefined };
    this.#statements.set(sql, compiled);
    return compiled;
  }

  /** Binds, lets the work step, and leaves the statement ready for the next time. */
  run<T>({ pointer }: Compiled, parameters: readonly SqlValue[], work: (columns: number) => T): T {
    try {
      for (let i = 0; i < parameters.length; i += 1) this.#bind(pointer, i + 1, parameters[i] ?? null);
      return work(this.#c.sqlite3_column_count(pointer));
    } finally {
      // Its result repeats the failure of the last step, which was thrown.
      this.#c.sqlite3_reset(pointer);
      if (parameters.length > 0) this.#c.sqlite3_clear_bindings(pointer);
    }
  }

  /** True where there is another row. */
  step({ pointer }: Compiled): boolean {
    const code = this.#c.sqlite3_step(pointer);
    if (code === resultRow) return true;
    if (code === resultDone) return false;
    throw this.#error(code);
  }

  row(compiled: Compiled, columns: number, isArray: boolean): unknown {
    const values: SqlValue[] = [];
    for (let i = 0; i < columns; i += 1) values.push(this.#column(compiled.pointer, i));
    if (isArray) return values;
    if (compiled.names?.length !== columns) compiled.names = this.#names(compiled.pointer, columns);
    return Object.fromEntries(compiled.names.map((name, i) => [name, values[i]]));
  }

  #bind(statement: number, place: number, value: SqlValue): void {
    let code: number;
    // Numbers are bound as `node:sqlite` binds them; columns of whole numbers store them as whole numbers.
    if (typeof value === 'number') code = this.#c.sqlite3_bind_double(statement, place, value);
    else if (typeof value === 'string') {
      const { pointer, bytes } = this.#writeText(value);
      code = this.#c.sqlite3_bind_text(statement, place, pointer, bytes, transient);
    } else if (value === null) code = this.#c.sqlite3_bind_null(statement, place);
    else if (typeof value === 'bigint') code = this.#c.sqlite3_bind_int64(statement, place, value);
    else {
      const pointer = this.#reserve(value.length + 1);
      this.#build.wasm.heap8u().set(value, pointer);
      code = this.#c.sqlite3_bind_blob(statement, place, pointer, value.length, transient);
    }
    this.#check(code);
  }

  #column(statement: number, index: number): SqlValue {
    const type = this.#c.sqlite3_column_type(statement, index);
    if (type === columnType.integer || type === columnType.float) {
      return this.#c.sqlite3_column_double(statement, index);
    }
    if (type !== columnType.text && type !== columnType.blob) return null;
    const isText = type === columnType.text;
    const pointer = isText
      ? this.#c.sqlite3_column_text(statement, index)
      : this.#c.sqlite3_column_blob(statement, index);
    const end = pointer + this.#c.sqlite3_column_bytes(statement, index);
    const heap = this.#build.wasm.heap8u();
    return isText ? this.#decoder.decode(heap.subarray(pointer, end)) : heap.slice(pointer, end);
  }

  #names(statement: number, columns: number): string[] {
    return Array.from({ length: columns }, (_, i) => this.#readText(this.#c.sqlite3_column_name(statement, i)));
  }

  #forgetOldest(): void {
    if (this.#statements.size < preparedStatementsMax) return;
    const [oldest] = this.#statements;
    if (!oldest) return;
    this.#c.sqlite3_finalize(oldest[1].pointer);
    this.#statements.delete(oldest[0]);
  }

  #opened(): number {
    if (this.#database === 0) throw new Error('the database is closed');
    return this.#database;
  }

  #check(code: number): void {
    if (code !== 0) throw this.#error(code);
  }

  #error(code: number): WasmSqliteError {
    const message = this.#database === 0 ? 'out of memory' : this.#readText(this.#c.sqlite3_errmsg(this.#database));
    // The pool makes one result code of every failure of a file.
    if ((code & 0xff) === resultIoError && this.#isFull()) return new WasmSqliteError(resultFull, message);
    return new WasmSqliteError(code, message);
  }

  /** Puts a text where C can read it, until the next one; a zero byte follows it. */
  #writeText(text: string): { pointer: number; bytes: number } {
    const pointer = this.#reserve(text.length * 3 + 1);
    const heap = this.#build.wasm.heap8u();
    const { written } = this.#encoder.encodeInto(text, heap.subarray(pointer, pointer + this.#scratchBytes - 1));
    heap[pointer + written] = 0;
    return { pointer, bytes: written };
  }

  #copyText(text: string): number {
    const bytes = this.#encoder.encode(`${text}\0`);
    const pointer = this.#build.wasm.alloc(bytes.length);
    this.#build.wasm.heap8u().set(bytes, pointer);
    return pointer;
  }

  #readText(pointer: number): string {
    const heap = this.#build.wasm.heap8u();
    return this.#decoder.decode(heap.subarray(pointer, heap.indexOf(0, pointer)));
  }

  #reserve(bytes: number): number {
    if (bytes > this.#scratchBytes) {
      if (this.#scratch !== 0) this.#build.wasm.dealloc(this.#scratch);
      this.#scratchBytes = Math.max(bytes, wasmScratchBytes);
      this.#scratch = this.#build.wasm.alloc(this.#scratchBytes);
    }
    return this.#scratch;
  }

  #peek(pointer: number): number {
    return new DataView(this.#build.wasm.heap8u().buffer).getUint32(pointer, true);
  }
}
