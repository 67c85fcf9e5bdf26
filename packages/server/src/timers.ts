/** Calls back once; what it returns takes it back. Timers do not keep a process alive. */
export function afterTimeout(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
