import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

/** The logger of the program: JSON lines on standard error, so that standard output stays for what was asked. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true }));
}
