// A worker that sums on request, and ends when the parent disconnects.
process.on('message', ({ task, a, b, text }) => {
  switch (task) {
    case 'sum': process.send({ result: a + b }); break;
    case 'echo': process.send({ text }); break;
    case 'large': process.send({ text: 'x'.repeat(a) }); break;
    case 'noise': process.send({ noise: 1 }); process.send({ noise: 2 }); process.send({ result: a }); break;
    case 'slow': setTimeout(() => process.send({ late: true }), a); break;
    case 'exit': console.error('no more'); process.exit(a); break;
    case 'leave': process.disconnect(); break;
    case 'silence': break;
  }
});
