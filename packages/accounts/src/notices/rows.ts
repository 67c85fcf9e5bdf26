import { toIso, toIsoOrNull } from '../times.ts';

/** A hook as it is stored. */
export interface HookRow {
  readonly [column: string]: string | number | null;
  readonly id: string;
  readonly user_id: string;
  readonly url: string;
  readonly topics: string;
  readonly state: string;
  readonly generation: number;
  readonly rotated_ms: number | null;
  readonly created_ms: number;
  readonly failing_since_ms: number | null;
}

/** A hook as its owner sees it; times are ISO 8601 in UTC. */
export interface HookAnswer {
  readonly id: string;
  readonly url: string;
  readonly topics: string[];
  /** `disabled` by its owner, because its receiver said that it is gone, or after five days of failures. */
  readonly state: 'active' | 'disabled';
  readonly createdAt: string;
  /** Since when no delivery succeeded; null where the last did. */
  readonly failingSince: string | null;
}

/** A delivery as the owner of the hook sees it. */
export interface DeliveryAnswer {
  readonly id: string;
  readonly topic: string;
  readonly state: 'waiting' | 'delivered' | 'failed' | 'cancelled';
  readonly attempts: number;
  readonly createdAt: string;
  readonly nextAt: string | null;
  readonly lastStatus: number | null;
  readonly lastFailure: string | null;
  readonly doneAt: string | null;
}

/** Shows a hook to its owner. */
export function toHookAnswer(row: HookRow): HookAnswer {
  return {
    id: row.id,
    url: row.url,
    topics: parseTopics(row.topics),
    state: row.state === 'active' ? 'active' : 'disabled',
    createdAt: toIso(row.created_ms),
    failingSince: toIsoOrNull(row.failing_since_ms),
  };
}

/** A delivery with the topic and the time of its notice, as it is read. */
export interface DeliveryRow {
  readonly [column: string]: string | number | null;
  readonly id: string;
  readonly topic: string;
  readonly state: string;
  readonly attempts: number;
  readonly at_ms: number;
  readonly next_ms: number | null;
  readonly last_status: number | null;
  readonly last_failure: string | null;
  readonly done_ms: number | null;
}

/** Shows a delivery to the owner of its hook. */
export function toDeliveryAnswer(row: DeliveryRow): DeliveryAnswer {
  return {
    id: row.id,
    topic: row.topic,
    state: row.state as DeliveryAnswer['state'],
    attempts: Number(row.attempts),
    createdAt: toIso(row.at_ms),
    nextAt: toIsoOrNull(row.next_ms),
    lastStatus: row.last_status,
    lastFailure: row.last_failure,
    doneAt: toIsoOrNull(row.done_ms),
  };
}

/** Reads the topics of a hook. */
export function parseTopics(json: string): string[] {
  return JSON.parse(json) as string[];
}
