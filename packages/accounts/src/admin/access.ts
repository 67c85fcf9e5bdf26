import type { Access } from '@nostrata/http';

/** Who looks: support, and keys of support with the scope. */
export const looking: Access = { kind: 'role', role: 'support', scope: 'admin:read' };

/** Who changes something: admins, and keys of admins with the scope. */
export const changing: Access = { kind: 'role', role: 'admin', scope: 'admin:write' };

/** Where the routes stand in the document. */
export const group = 'Administration';
