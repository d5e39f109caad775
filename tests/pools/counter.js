// A worker that counts in a state which the parent keeps: it asks for each step, and continues at the parent's answer.
let steps = 0;
process.on('message', ({ value }) => {
  if (++steps === 10) process.send({ done: value }, () => process.disconnect());
  else process.send({ add: 1 });
});
process.send({ add: 1 });
