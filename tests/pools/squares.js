// A worker of a task queue, as in the documentation of child_process.fork: one task at a time, answered by its number.
process.on('message', ({ id, n, crash, hang }) => {
  if (crash && !require('fs').existsSync(crash)) {
    require('fs').writeFileSync(crash, '');
    process.exit(1);
  }
  if (hang && !require('fs').existsSync(hang)) {
    require('fs').writeFileSync(hang, '');
    return;
  }
  process.send({ id, result: n * n, pid: process.pid });
});
