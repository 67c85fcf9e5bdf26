// Prints docs/reference/http.md.
import { defaultApiSettings, renderApiReference } from '@nostrata/observatory';

process.stdout.write(renderApiReference(defaultApiSettings));
