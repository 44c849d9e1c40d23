// A client by @rocket.chat/sdk 1.0 alpha, whose core the original's mobile and livechat clients use.
const { Rocketchat } = require('rocketchat-sdk-alpha')

const say = (event, fields = {}) => console.log(JSON.stringify({ event, ...fields }))
const quiet = { debug () {}, info () {}, warn () {}, error () {}, fatal () {} }

async function main () {
  const host = process.env.ROCKETCHAT_URL
  const client = new Rocketchat({ protocol: 'ddp', host, useSsl: false, reopen: 1000, logger: quiet })
  await client.connect()
  await client.login({ username: process.env.ROCKETCHAT_USER, password: process.env.ROCKETCHAT_PASSWORD })
  await client.subscribeNotifyAll()
  await client.subscribeLoggedNotify()
  await client.subscribeNotifyUser()
  const rooms = await client.methodCall('rooms/get', { $date: 0 })
  const rid = await client.methodCall('getRoomIdByNameOrId', process.env.ROOM)
  await client.methodCall('joinRoom', rid)
  await client.subscribeRoom(rid)
  await client.onStreamData('stream-room-messages', ({ fields }) => {
    const [message] = fields.args
    if (message.msg === 'ping') {
      client.methodCall('sendMessage', { rid, msg: 'pong' }).catch(fail)
    } else if (message.msg === 'bye') {
      client.disconnect().then(() => {
        say('gone')
        process.exit(0)
      }).catch(fail)
    }
  })
  await client.onStreamData('stream-notify-room', ({ fields }) => say('notified', { fields }))
  say('ready', { rooms: rooms.update.length })
}

function fail (error) {
  say('failed', { error: String((error && error.stack) || JSON.stringify(error)) })
  process.exit(1)
}

process.on('unhandledRejection', fail)
main().catch(fail)
