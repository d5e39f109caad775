// The child of the first example of Node's documentation of subprocess.send().
process.on('message', (m) => {
  console.log('CHILD got message:', m);
  process.send({ bar: 'foo', baz: m.hello });
});
