import { defineConfig } from 'tsup';
import { build } from '../../tsup.base.ts';

// dist/main.js is the program banger: everything that it needs is bundled, and what most commands do without is in one
// chunk. The index is built by itself: what it shared with the program would be a chunk more to load at every start.
const program = build([], { entry: ['src/main.ts'], splitting: true, noExternal: [/.*/] });
export default defineConfig([build([], { clean: false }), { ...program, clean: false }]);
