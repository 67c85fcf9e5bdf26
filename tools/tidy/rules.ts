import { codeRules } from './code-rules.ts';
import { documentRules } from './document-rules.ts';
import { importRules } from './import-rules.ts';
import type { Rule } from './repository.ts';
import { sizeRules } from './size-rules.ts';

/** Every house rule. */
export const rules: readonly Rule[] = [...codeRules, ...sizeRules, ...importRules, ...documentRules];
