export { verifyEvent } from '@nostrata/protocol';
