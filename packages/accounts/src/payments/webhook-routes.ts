import type { HttpRequest, HttpRoute, Operation } from '@nostrata/http';
import type { AccountsLogger, AccountsMetrics } from '../contract.ts';
import type { Inbox } from './inbox.ts';
import { deliveryBytesMax } from './limits.ts';

/** What the routes of webhooks need. */
export interface WebhookRouteParts {
  readonly inbox: Inbox;
  readonly logger: AccountsLogger;
  readonly metrics: AccountsMetrics;
}

/** Where providers deliver. They are answered as soon as the delivery is noted; it is worked on afterwards. */
export function createWebhookRoutes(parts: WebhookRouteParts): HttpRoute[] {
  return [
    webhookRoute(parts, 'btcpay', ''),
    webhookRoute(parts, 'stripe', ''),
    webhookRoute(parts, 'lnbits', '/:secret'),
  ];
}

function webhookRoute(parts: WebhookRouteParts, provider: string, rest: '' | '/:secret'): HttpRoute {
  return {
    method: 'POST',
    path: `/api/v1/webhooks/${provider}${rest}`,
    access: { kind: 'anyone' },
    isCounted: false,
    bodyBytesMax: deliveryBytesMax,
    operation: describe(provider, rest),
    async serve(request) {
      const { isNew } = await parts.inbox.accept(provider, {
        header: (name) => request.header(name),
        rawBody: await request.readBody(),
        pathSecret: rest === '' ? undefined : request.path.secret,
      });
      if (isNew) workOn(parts, provider);
      return reply(request);
    },
  };
}

/** Begins with the work; what fails now is done by the job. */
function workOn({ inbox, logger, metrics }: WebhookRouteParts, provider: string): void {
  inbox.process().catch((error: unknown) => {
    metrics.failed?.('payments.inbox');
    logger.error({ provider, err: error }, 'deliveries could not be worked on');
  });
}

function reply({ headers }: HttpRequest): Response {
  return Response.json({ received: true }, { headers: { ...headers, 'Cache-Control': 'no-store' } });
}

function describe(provider: string, rest: string): Operation {
  return {
    operationId: `receive${provider.charAt(0).toUpperCase()}${provider.slice(1)}Delivery`,
    tags: ['Payments'],
    summary: `Deliveries of ${provider}`,
    description: 'For the payment provider alone: a delivery proves by its signature or its path where it comes from.',
    parameters:
      rest === ''
        ? []
        : [
            {
              name: 'secret',
              in: 'path',
              required: true,
              description: 'What only the provider was told',
              schema: { type: 'string' },
            },
          ],
    responses: {
      '200': { description: 'It was noted' },
      '401': { description: '`forged`' },
    },
  };
}
