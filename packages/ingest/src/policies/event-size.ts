import type { Policy } from '../contract.ts';

/** Bounds an event's canonical JSON text in UTF-8 bytes. NIP-11 has no word for it but the bound it puts on content. */
export function createEventSizePolicy(eventBytesMax: number): Policy {
  const message = `the event is larger than ${eventBytesMax} bytes`;
  return {
    name: 'event size',
    check: (_event, _source, bytes) =>
      bytes > eventBytesMax ? { prefix: 'invalid', message, by: 'event size' } : null,
    information: { limitation: { max_content_length: eventBytesMax } },
  };
}
