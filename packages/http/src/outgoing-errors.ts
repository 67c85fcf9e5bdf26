import { OutgoingError, type OutgoingFault } from './outgoing.ts';

/** Says what an error of the platform means. */
export function toOutgoingError(error: unknown, host: string): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const fault = faultOf(code);
  return new OutgoingError(fault, `${host}: ${sentences[fault]}${code === '' ? '' : ` (${code})`}`, { cause: error });
}

const sentences: Readonly<Record<OutgoingFault, string>> = {
  refused: 'this is not asked',
  'unknown-host': 'it has no address',
  unreachable: 'it cannot be reached, or broke the connection',
  tls: 'its certificate or its encryption is not trusted',
  timeout: 'it did not answer in time',
  redirect: 'it answers with a redirect',
  'too-large': 'its answer is too large',
};

function faultOf(code: string): OutgoingFault {
  if (/^(?:ENOTFOUND|ENODATA|EAI_NONAME|EAI_NODATA)$/.test(code)) return 'unknown-host';
  if (/^(?:ERR_INVALID_CHAR|ERR_INVALID_HTTP_TOKEN|ERR_UNESCAPED_CHARACTERS)$/.test(code)) return 'refused';
  if (/^(?:ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO_)|CERT|SELF_SIGNED/.test(code)) return 'tls';
  if (/^(?:HPE_HEADER_OVERFLOW|ERR_BUFFER_TOO_LARGE)$/.test(code)) return 'too-large';
  return 'unreachable';
}
