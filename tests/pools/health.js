// A worker that answers health checks, and stops answering after three.
let left = 3;
process.on('message', (m) => {
  if (m.type === 'ping' && left-- > 0) {
    process.send({ type: 'pong', uptime: process.uptime(), rss: process.memoryUsage().rss });
  }
});
