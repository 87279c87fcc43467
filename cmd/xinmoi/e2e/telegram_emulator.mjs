// Runs a Bot API that others wrote (telegram-test-api) until it is ended.
// Use: node telegram_emulator.mjs port
import TelegramServer from 'telegram-test-api';

const server = new TelegramServer({ host: '127.0.0.1', port: Number(process.argv[2]), storeTimeout: 86400 });
await server.start();
console.log('ready');
