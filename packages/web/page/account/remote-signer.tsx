import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.ts';
import { useAction } from './call.ts';
import { ActionButton, Copyable, Field } from './forms.tsx';
import { Qr } from './qr.tsx';
import { startRemote } from './signers.ts';
import type { PageSigner } from './signing.ts';

/** The way to a signer somewhere else, and what is done with it when it has answered. */
export function RemoteSigner({ work }: { work(signer: PageSigner): Promise<void> }): JSX.Element {
  const { ownRelay, random } = useSurroundings();
  const [bunker, setBunker] = useState('');
  const [url, setUrl] = useState<string>();
  const [page, setPage] = useState<string>();
  const open = useRef<PageSigner>(undefined);
  useEffect(() => () => void open.current?.stop?.(), []);
  const connect = async (address: string | undefined): Promise<void> => {
    await open.current?.stop?.();
    const start = await startRemote({
      bunker: address,
      relay: ownRelay,
      random,
      onAuthUrl: (at) => setPage(ownHttps(at)),
    });
    open.current = start.signer;
    setUrl(start.url);
    await start.connected;
    setUrl(undefined);
    setPage(undefined);
    await work(start.signer);
  };
  const scan = useAction(() => connect(undefined));
  const paste = useAction(() => connect(bunker));
  return (
    <>
      {url === undefined ? (
        <ActionButton action={scan} tone="main" isDisabled={paste.isRunning}>
          {scan.isRunning ? 'Waiting for the signer…' : 'Show a code to scan'}
        </ActionButton>
      ) : (
        <>
          <Qr text={url} label="Code that connects a remote signer" />
          <Copyable text={url} label="address for the signer" />
          <p role="status">Scan it with your signer, or open it there. Waiting…</p>
        </>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          paste.run();
        }}
      >
        <Field
          label="Or paste the address that your signer shows"
          placeholder="bunker://…"
          isMono
          value={bunker}
          onInput={setBunker}
          fault={paste.fault}
          suffix={
            <button type="submit" disabled={bunker.trim() === '' || paste.isRunning} aria-busy={paste.isRunning}>
              {paste.isRunning ? 'Waiting…' : 'Connect'}
            </button>
          }
        />
      </form>
      {page === undefined ? null : (
        <p role="status">
          Your signer wants you to say yes:{' '}
          <a href={page} target="_blank" rel="noopener noreferrer">
            open its page
          </a>
        </p>
      )}
    </>
  );
}

/** A page of a signer, if it is one that may be linked to. */
function ownHttps(text: string): string | undefined {
  const url = URL.parse(text);
  return url?.protocol === 'https:' ? url.href : undefined;
}
