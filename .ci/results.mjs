// Reads vitest's JSON results of suites.
//   failed FILE   prints the test files with failures, a line each
//   sum FILE...   prints `N passed, N failed`; exit code 1 if a suite has no results, passed no test
//                 or failed any. Of files that were played again, beside FILE as `NAME-again.json`,
//                 the second results count.
import { existsSync, readFileSync } from 'node:fs';

const [command, ...files] = process.argv.slice(2);
if (command === 'failed') {
  for (const { name } of read(files[0]).filter(hasFailed)) console.log(name);
} else {
  const suites = files.map(afterReplay);
  const count = (played, status) =>
    played.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length;
  const broken = suites.filter((suite) => suite.some(hasFailed) || count(suite, 'passed') === 0);
  if (broken.length > 0) process.exitCode = 1;
  const all = suites.flat();
  // A file that could not be loaded has no tests to count.
  const unloaded = all.filter((file) => hasFailed(file) && count([file], 'failed') === 0).length;
  console.log(`${count(all, 'passed')} passed, ${count(all, 'failed') + unloaded} failed`);
}

function afterReplay(file) {
  const again = file.replace(/\.json$/, '-again.json');
  const replayed = existsSync(again) ? read(again) : [];
  const names = new Set(replayed.map(({ name }) => name));
  return [...read(file).filter(({ name }) => !names.has(name)), ...replayed];
}

function hasFailed({ status }) {
  return status === 'failed';
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).testResults;
  } catch (error) {
    console.error(`no results of a suite: ${error.message}`);
    return [];
  }
}
