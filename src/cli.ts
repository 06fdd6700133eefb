declare const VFIO_PILOT_VERSION: string;

const [first, ...others] = process.argv.slice(2);

// Scripts ask this of every program, and most of the time it takes would go into loading the rest (`npm run bench`).
if (others.length === 0 && (first === '--version' || first === '-V')) {
  process.stdout.on('error', ({code, message}: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.stderr.write(`vfio-pilot: ${message}\n`);
    process.exitCode = 4;
  });
  process.stdout.write(`${VFIO_PILOT_VERSION}\n`);
} else await import('./main.ts');
