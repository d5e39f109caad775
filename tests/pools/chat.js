// A worker that says hello, and passes on what it hears.
const heard = [];
process.on('message', (m) => {
  heard.push(m.text);
  process.send({ type: 'heard', text: m.text });
});
process.send({ type: 'hello', text: `from ${process.env.PIPEWRIGHT_INSTANCE}` });
