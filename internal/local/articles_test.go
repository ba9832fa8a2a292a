package local_test

// pactArticle is invented, as are all articles of these tests.
const pactArticle = `Tavria and Ostland sign defence pact before joint exercises

MARDIN, Sept 14 - The defence ministers of Tavria and Ostland signed a defence cooperation agreement on Tuesday that lets the two armies train together and use each other's bases for ten years.

The pact, which the parliaments have yet to ratify, provides for joint military exercises twice a year and for a shared centre that will plan peacekeeping missions. Ostland will pay 40 million crowns towards it, Defence Minister Ilse Varga said.

"We have waited a long time for this day," Varga told reporters. "It makes both of our countries safer."

The first exercise, with 3,000 soldiers and a dozen warships, is to start in the Bay of Lorn on Oct. 2. Tavria has sent peacekeepers to four missions since 2011 and wants Ostland to join the next one.

Opposition parties in Ostland said the agreement had been negotiated in secret. They asked the government to publish its annexes.

But analysts said the text went little further than the memorandum the two had signed in 2015. It leaves open who commands troops that are based abroad, and what happens when one of the two leaves the pact.

A referendum is not planned. The agreement takes effect thirty days after both parliaments have approved it.

`
