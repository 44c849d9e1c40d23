// What the bot of the tests can do.
module.exports = (robot) => {
  robot.respond(/add (\d+) and (\d+)/i, (res) => {
    res.reply(String(Number(res.match[1]) + Number(res.match[2])))
  })
  robot.hear(/is anybody there/i, (res) => {
    res.send('I am.')
  })
  robot.enter((res) => {
    res.send(`Welcome, ${res.message.user.name}!`)
  })
}
