#!/usr/bin/env node
// Plain syntax on purpose: this line of defence must also parse on the Node versions that it refuses.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  fail(
    'usage',
    'Node 20.19 or newer is needed, and this is ' + process.version + '.',
    'Install a newer Node, for example the nodejs package of Debian 13.',
    null,
  );
  process.exitCode = 2;
} else {
  import('../dist/cli.js').then(undefined, function (error) {
    if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
    fail(
      'machine',
      'This process may not open as many files as it needs.',
      'Raise the limit of this shell with `ulimit -n 1024`, then run it again.',
      true,
    );
    process.exitCode = 4;
  });
}

/** As src/commands/report-error.ts does, for what keeps that from being loaded. */
function fail(code, message, nextStep, isRestored) {
  if (process.argv.indexOf('--json') === -1)
    process.stderr.write('vfio-pilot: ' + message + '\n  -> ' + nextStep + '\n');
  else
    process.stdout.write(
      JSON.stringify({version: 1, error: {code: code, message: message, nextStep: nextStep, isRestored: isRestored}}) +
        '\n',
    );
}
