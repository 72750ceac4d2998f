import { defineConfig } from 'tsup';
import { build } from '../../tsup.base.ts';

// dist/main.js is the program bangerd; what it shares with the embeddable index is split out.
export default defineConfig(build(['src/main.ts'], { splitting: true }));
