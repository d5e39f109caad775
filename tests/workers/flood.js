// A child that sends many messages and ends when the last one is sent.
for (let i = 0; i < 20000; i++) process.send({ i, text: 'é'.repeat(20) });
process.send({ last: true }, () => process.disconnect());
