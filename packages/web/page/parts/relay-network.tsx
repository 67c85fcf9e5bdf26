import type { Answer, RelaySummary, Snapshot } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { heatStep } from '../charts/heat.ts';
import { HeatKey } from '../charts/hour-map.tsx';
import { formatMs, formatShare, formatShort } from '../format.ts';
import { KeyFigure } from './key-figure.tsx';
import { Plate } from './plate.tsx';
import { shortUrl } from './relay-table.tsx';
import { ScrollBox } from './scroll-box.tsx';

/** All relays together, in four figures. */
export function RelayFigures({ relays }: { relays: RelaySummary }): JSX.Element {
  const { online, outage, dead, known, openMs, readMs, uptime, replication } = relays;
  return (
    <dl class="key-figures">
      <KeyFigure
        name="Online"
        value={formatShort(online)}
        note={`${formatShort(known)} known, ${formatShort(outage)} in outage, ${formatShort(dead)} dead`}
      />
      <KeyFigure name="Answers, median" value={formatMs(readMs.p50)} note={`opens in ${formatMs(openMs.p50)}`} />
      <KeyFigure name="Uptime" value={formatShare(uptime)} note="of all probes" />
      <KeyFigure
        name="Relays an event is on"
        value={replication === null ? '–' : replication.toFixed(1)}
        note="of the connected ones, by a sample of 1 in 256"
      />
    </dl>
  );
}

/** How much the largest relays have in common: a table with coloured cells. */
export function OverlapPlate({ answer }: { answer: Answer<Snapshot> }): JSX.Element | null {
  const { overlap } = answer.data.relays;
  const urls = [...new Set(overlap.flatMap(({ a, b }) => [a, b]))];
  if (urls.length < 2) return null;
  const shareByPair = new Map(
    overlap.flatMap(({ a, b, share }) => [[`${a} ${b}`, share] as const, [`${b} ${a}`, share] as const]),
  );
  return (
    <Plate
      wide
      title="What relays have in common"
      lead="Of the events of the smaller relay, the percentage that the other has too, by the sample."
      answer={answer}
      fields={['relays.overlap', 'relays']}
    >
      <ScrollBox label="Overlap of relays" plain>
        <table class="heat overlap">
          <caption class="unseen">Overlap of the largest relays in per cent</caption>
          <thead>
            <tr>
              <td />
              {urls.map((url, place) => (
                <th key={url} scope="col">
                  <abbr title={shortUrl(url)}>{place + 1}</abbr>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {urls.map((row, place) => (
              <tr key={row}>
                <th scope="row">
                  {place + 1} <bdi>{shortUrl(row)}</bdi>
                </th>
                {urls.map((column) => (
                  <OverlapCell key={column} share={shareByPair.get(`${row} ${column}`)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <HeatKey from="0 %" to="100 %" unit="in common" />
      </ScrollBox>
    </Plate>
  );
}

function OverlapCell({ share }: { share: number | undefined }): JSX.Element {
  return share === undefined ? (
    <td class="soft">·</td>
  ) : (
    <td class={`heat-${heatStep(share, [0, 1])}`}>{Math.round(share * 100)}</td>
  );
}
