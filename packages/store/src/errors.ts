/** A store could not do its work: the disk is full, the file is locked or damaged, the server is gone. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
