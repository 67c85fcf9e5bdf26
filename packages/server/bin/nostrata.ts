#!/usr/bin/env node
console.error('not wired yet');
