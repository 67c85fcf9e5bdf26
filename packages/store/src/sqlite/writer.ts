import { parentPort, workerData } from 'node:worker_threads';
import { migrate, openSqlite } from '@nostrata/database';
import { bytesOnDisk, walBytesOnDisk } from './files.ts';
import { checkpointPages, pageBytes, walBytesMax, writerCacheKib } from './limits.ts';
import type { WriterAnswer, WriterOptions, WriterRequest } from './messages.ts';
import { migrations } from './schema.ts';
import { createWriting, describeFailure, serveRequest, type WritingParts } from './writing.ts';

if (parentPort) await serve(parentPort, workerData as WriterOptions);

async function serve(port: NonNullable<typeof parentPort>, options: WriterOptions): Promise<void> {
  const answer = (message: WriterAnswer): void => port.postMessage(message);
  let writer: WritingParts;
  try {
    writer = await openWriter(options);
  } catch (error) {
    answer({ number: 0, ...describeFailure(options.path, error) });
    return;
  }
  port.on('message', ({ number, request }: { number: number; request: WriterRequest }) => {
    try {
      answer({ number, reply: serveRequest(writer, request) });
      keepLogShort(writer);
    } catch (error) {
      answer({ number, ...describeFailure(writer.path, error) });
    }
    if (request.type === 'stop') port.close();
  });
  answer({ number: 0, reply: 0 });
}

async function openWriter({ path, relayUrls, fileBytesMax }: WriterOptions): Promise<WritingParts> {
  const database = openSqlite(path, {
    pragmas: {
      // Both take effect only while the file is empty; later, the second would write, which a full disk refuses.
      ...(bytesOnDisk(path) === 0 && { page_size: pageBytes, auto_vacuum: 'INCREMENTAL' }),
      journal_mode: 'WAL',
      synchronous: 'FULL',
      wal_autocheckpoint: checkpointPages,
      journal_size_limit: checkpointPages * pageBytes,
      cache_size: -writerCacheKib,
      temp_store: 'MEMORY',
      ...(fileBytesMax !== undefined && { max_page_count: Math.ceil(fileBytesMax / pageBytes) }),
    },
  });
  try {
    await migrate(database, { room: 'store', migrations });
    return createWriting(database.handle, { path, relayUrls, bytesOnDisk: () => bytesOnDisk(path) });
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A reader that is always in the middle of something keeps the log from starting anew; then it is waited for. */
function keepLogShort({ path, handle }: WritingParts): void {
  if (handle.isOpen && walBytesOnDisk(path) > walBytesMax) handle.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}
