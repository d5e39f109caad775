// A worker that finishes its work when it is asked to shut down.
const jobs = [];
process.on('message', (m) => {
  if (m.cmd === 'job') jobs.push(m.name);
  if (m.cmd === 'shutdown') {
    setTimeout(() => {
      process.send({ saved: jobs }, () => process.disconnect());
    }, 50);
  }
});
