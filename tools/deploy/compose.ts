import { z } from 'zod';

/**
 * The part of the Compose specification that docker-compose.yml uses, strictly: a field that is not here is refused, be
 * it mistyped or new. Names and forms are those of the specification's chapters on services, volumes and profiles.
 */
const duration = z.string().regex(/^(\d+(h|m|s|ms|us))+$/);
const bytes = z.string().regex(/^\d+(b|k|kb|m|mb|g|gb)$/i);
const words = z.array(z.string());
const name = z.string().regex(/^[a-zA-Z0-9._-]+$/);
const port = z.string().regex(/^(\S+:)?\d{1,5}:\d{1,5}(\/(tcp|udp))?$/);
const mount = z.string().regex(/^(\.?\/?[\w./-]+):(\/[\w./-]+)(:(ro|rw))?$/);

const healthcheck = z.strictObject({
  test: z.tuple([z.enum(['CMD', 'CMD-SHELL'])]).rest(z.string()),
  interval: duration,
  timeout: duration,
  retries: z.int().positive(),
  start_period: duration.optional(),
});

const service = z.strictObject({
  build: z.string().optional(),
  cap_drop: words.optional(),
  command: words.optional(),
  depends_on: z
    .union([
      z.array(name),
      z.record(
        name,
        z.strictObject({ condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']) }),
      ),
    ])
    .optional(),
  deploy: z.strictObject({
    resources: z.strictObject({
      limits: z.strictObject({
        cpus: z
          .string()
          .regex(/^\d+(\.\d+)?$/)
          .optional(),
        memory: bytes,
      }),
    }),
  }),
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).optional(),
  healthcheck: healthcheck.optional(),
  image: z.string().regex(/^[a-z0-9./-]+:[\w.${}:-]+$/),
  init: z.boolean().optional(),
  ports: z.array(port).optional(),
  profiles: z.array(name).optional(),
  read_only: z.boolean().optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']),
  security_opt: words.optional(),
  shm_size: bytes.optional(),
  stop_grace_period: duration.optional(),
  tmpfs: words.optional(),
  volumes: z.array(mount).optional(),
});

const composeFile = z.strictObject({
  name: name.optional(),
  services: z.record(name, service),
  volumes: z.record(name, z.null()).optional(),
});

/** A checked Compose file. */
export type ComposeFile = z.infer<typeof composeFile>;

/** Reads a Compose file strictly, and refuses names that lead nowhere: services, volumes, health that nobody checks. */
export function parseCompose(content: unknown): ComposeFile {
  const file = composeFile.parse(content);
  const problems: string[] = [];
  for (const [each, { depends_on: needs = [], volumes = [] }] of Object.entries(file.services)) {
    for (const needed of Array.isArray(needs) ? needs : Object.keys(needs)) {
      const target = file.services[needed];
      const waitsForHealth = !Array.isArray(needs) && needs[needed]?.condition === 'service_healthy';
      if (!target) problems.push(`${each} depends on ${needed}, which there is not`);
      else if (waitsForHealth && !target.healthcheck) problems.push(`${each} waits for the health of ${needed}`);
    }
    for (const source of volumes.map((volume) => volume.split(':', 1)[0] ?? '')) {
      const isFolder = source.startsWith('.') || source.startsWith('/');
      if (!isFolder && !(source in (file.volumes ?? {}))) problems.push(`${each} mounts ${source}, which there is not`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('; '));
  return file;
}
