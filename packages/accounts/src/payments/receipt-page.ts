import { createHash } from 'node:crypto';
import type { Receipt } from './receipts.ts';

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:1.4rem}table{border-collapse:collapse;width:100%;margin:1.5rem 0}th,td{text-align:left;padding:.35rem .5rem;
border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}th{width:14rem;font-weight:600}
@media print{body{margin:0}}`;

/** What a browser may do with the page: show it and its one style. */
export const receiptPagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A receipt as a page to print: no script, nothing from elsewhere, every text escaped. */
export function renderReceipt(receipt: Receipt, hash: string): string {
  const rows = rowsOf(receipt, hash)
    .map(([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`)
    .join('\n');
  const title = `Receipt ${escapeHtml(receipt.number)}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${style}</style></head>
<body><h1>${title}</h1>
<table>
${rows}
</table></body></html>
`;
}

function rowsOf(receipt: Receipt, hash: string): [string, string][] {
  const { seller, buyer, period, refundOwed, fiat, tax, payment, currency } = receipt;
  const amount = (value: number) => formatAmount(value, currency);
  const optional = (name: string, value: string | null | undefined): [string, string][] =>
    value ? [[name, value]] : [];
  return [
    ['Issued', receipt.issuedAt],
    ['Seller', [seller.name, ...seller.address].join(', ')],
    ...optional('Seller npub', seller.npub),
    ...optional('Tax number', seller.taxId),
    ['Buyer', buyer.npub ?? buyer.id],
    ['Item', receipt.item.description],
    ...optional('Period', period && `${period.from ?? ''} to ${period.until ?? 'no end'}`.trim()),
    ['Price', amount(receipt.price)],
    ...optional('Discount', receipt.discountPercent > 0 ? `${receipt.discountPercent} %` : null),
    ...optional('Credit', receipt.credit > 0 ? amount(receipt.credit) : null),
    ['Amount', amount(receipt.amount)],
    ['Paid', amount(receipt.paid)],
    ...optional('Owed back', refundOwed && `${amount(refundOwed.amount)} (${refundOwed.reason})`),
    ...optional('Included tax', tax && `${tax.percent} %: ${amount(tax.included)}`),
    ...optional('Worth', fiat && `${formatAmount(fiat.minor, fiat.currency)} at the prices of ${fiat.rate.at}`),
    ['Payment', `${payment.id} by ${payment.provider}, ${payment.settledAt}`],
    ...optional('Payment hash', payment.hash),
    ['SHA-256 of this receipt as JSON', hash],
  ];
}

/** An amount for people, by whole numbers alone: `21,000.000 sat`, `USD 9.00`. */
export function formatAmount(amount: number, currency: string): string {
  const digits = currency === 'msat' ? 3 : zeroDecimals.has(currency) ? 0 : 2;
  const text = String(amount).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ',');
  const rest = digits === 0 ? '' : text.slice(-digits);
  if (currency === 'msat') return rest === '000' ? `${whole} sat` : `${whole}.${rest} sat`;
  return `${currency.toUpperCase()} ${whole}${rest === '' ? '' : `.${rest}`}`;
}

/** Currencies without a smaller unit. */
const zeroDecimals: ReadonlySet<string> = new Set(['jpy', 'krw', 'vnd', 'clp', 'isk', 'ugx', 'xaf', 'xof']);

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
