// Parses scripts as a browser of 2015 does: ES2015, no modules. One JSON
// argument names the files.
import { readFileSync } from 'node:fs';
import { parse } from 'acorn';

for (const file of JSON.parse(process.argv[2])) {
  try {
    parse(readFileSync(file, 'utf8'), { ecmaVersion: 2015, sourceType: 'script' });
    console.log(JSON.stringify({ step: 'parsed ' + file }));
  } catch (e) {
    console.log(JSON.stringify({ step: 'parsed ' + file, error: e.message }));
  }
}
