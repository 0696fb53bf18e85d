import { list, type Words } from './words.list.ts';

/** Words of English. */
export const english: Words = {
  firstNames: list(`
    Emma | Liam | Olivia | Noah | Ava | Ethan | Mia | Lucas | Sophie | Jack | Chloe | Daniel | Grace
    Oscar | Ella | Henry | Ruby | Leo | Hannah | Max | Nora | Adam | Lily | Samuel | Zoe | Peter`),
  lastNames: list(`
    Smith | Baker | Turner | Clark | Wright | Hughes | Cooper | Bennett | Foster | Graham | Morgan
    Harper | Ellis | Fisher | Palmer | Webb | Barnes | Hayes | Porter | Lane | Shaw | Reid`),
  short: list(`
    ok | Thanks! | On my way | sure | Not yet | haha | Good morning | See you | Got it
    Where are you? | Done | One moment | Yes please | No worries | Sounds good | 😂 | 👍 | Nice one
    Will do | hm`),
  sentences: list(`
    I will be at the {place} {time} | Has anybody seen my {thing}?
    The {topic} meeting has moved to {day} | Could you bring the {thing} as well?
    We had {food} for {meal}, you missed something | The weather in {city} is {quality} today
    We need to talk about the {topic} | Who has time on {day}?
    I have sent you the file about the {topic}, please have a look
    Do not forget the {place} on {day} | Prices of a {thing} have gone up again
    The end of the match was {quality} | I like the {topic}, but the timing is {quality}
    Let us meet at the {place} {time} and walk from there | My train to {city} is late again
    Someone left a {thing} at the {place}, whose is it? | I stayed up late because of the {topic}
    Can I borrow your {thing} for a few days? | Send me the address of the {place}, please
    The last chapter was really {quality} | What do we need for {city}? I can take the {thing}
    The network at the {place} is {quality} again | I will call when I am back from {city}
    Would somebody write down what we said about the {topic}?
    Traffic near the {place} is {quality}, start early | There is {food} left in the kitchen
    I booked two seats for {day}, {time}`),
  slots: {
    time: list(`
    at eight | at half past five | around noon | in the evening | after lunch | early in the morning`),
    place: list(`
    library | office | station | park | gym | market | museum | school | café | clinic`),
    meal: list(`
    lunch | dinner | breakfast`),
    food: list(`
    lentil soup | pancakes | mushroom pie | rice and beans | apple cake | noodles`),
    thing: list(`
    charger | key | camera | notebook | umbrella | bicycle | tent | headset | jacket`),
    topic: list(`
    budget | contract | release | thesis | report | garden | birthday | new design | move`),
    day: list(`
    Monday | Tuesday | Wednesday | Thursday | Friday | Saturday | Sunday`),
    city: list(`
    London | Leeds | Oslo | Vienna | Toronto | Dublin | Porto`),
    quality: list(`
    good | strange | difficult | lovely | slow | terrible | exciting | better than I thought`),
  },
  groups: list(`
    {last} family | Friends from the {place} | {topic} team | Trip to {city}
    Neighbours of the {place} | {day} evenings`),
  channels: list(`
    {city} news | Cooking {food} | All about the {topic} | {city} in pictures`),
  organizations: list(`
    {last} Ltd | {last} and Sons | {last} Works | {last} Press`),
};
