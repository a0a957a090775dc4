// SPDX-License-Identifier: MIT
// An aedes broker on loopback, from the settings (JSON) in the file of the first argument.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { createServer as createHttpServer } from 'node:http'
import { createRequire } from 'node:module'

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const require = createRequire(settings.modules + '/')
const { Aedes } = await import(settings.modules + '/aedes/aedes.js')
const { WebSocketServer, createWebSocketStream } = require('ws')

const pattern = new RegExp(settings.denied)
const denied = (client, topic) => client?.user !== 'reader' && pattern.test(topic)
const broker = await Aedes.createBroker({
  keepaliveLimit: settings.keepaliveLimit || 0,
  authenticate (client, user, password, done) {
    const right = user && settings.passwords[user] === String(password)
    client.user = user
    done(right ? null : Object.assign(new Error('wrong password'), { returnCode: 4 }), right)
  },
  authorizePublish (client, packet, done) {
    done(denied(client, packet.topic) ? new Error('denied') : null)
  },
  authorizeSubscribe (client, subscription, done) {
    done(null, denied(client, subscription.topic) ? null : subscription)
  }
})
broker.on('clientError', (client, error) => console.log('client', client.id, error.message))
broker.on('connectionError', (client, error) => console.log('connection', error.message))

createServer(broker.handle).listen(settings.plain, '127.0.0.1')
createTlsServer({ key: readFileSync(settings.key), cert: readFileSync(settings.cert) }, broker.handle)
  .listen(settings.tls, '127.0.0.1')
const http = createHttpServer()
new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' }).on('connection', (socket, request) => {
  broker.handle(createWebSocketStream(socket), request)
})
http.listen(settings.ws, '127.0.0.1', () => console.log('ready'))
process.on('SIGTERM', () => broker.close(() => process.exit(0)))
