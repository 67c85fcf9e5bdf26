#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Types are stripped once and not at every start.
enableCompileCache();
const { main } = await import('../src/main.ts');
await main();
