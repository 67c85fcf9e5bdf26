import { destination, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino';

/**
 * The logger of the program: JSON lines on standard error, so that standard output stays for what was asked. An error
 * is its message; its stack comes with the level `debug`.
 */
export function createLogger(level: string): Logger {
  const serializers = { err: level === 'debug' ? stdSerializers.err : toMessage };
  return pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime, serializers },
    destination({ fd: 2, sync: true }),
  );
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
