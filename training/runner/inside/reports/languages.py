"""A few sentences in each of six languages, to ask a model of texts in one it never met."""

SENTENCES = {
    "Deutsch": (
        "Gestern habe ich meine Schwester am Bahnhof abgeholt.|Das Wetter wird morgen "
        "wohl wieder schlechter.|Wir haben den ganzen Abend am Fenster gesessen.|Er "
        "kocht jeden Sonntag für die ganze Familie.|Der Schlüssel liegt unter der "
        "Matte vor der Tür.|Im Herbst fallen die Blätter von den Bäumen.|Sie hat ihr "
        "Fahrrad selbst repariert.|Die Kinder spielen hinter dem Haus.|Ich suche "
        "einen ruhigen Platz zum Lesen.|Nachts hört man hier nur den Fluss.|Zum "
        "Frühstück gibt es Brot und Käse.|Mein Nachbar züchtet seltene Rosen."
    ),
    "français": (
        "Hier soir nous avons marché le long du fleuve.|Ma grand-mère fait la "
        "meilleure soupe du village.|Il pleut depuis trois jours sans arrêt.|Le chat "
        "dort sur la chaise près de la fenêtre.|Elle apprend à jouer du piano.|On se "
        "retrouve devant la gare à midi.|Les enfants ont ramassé des coquillages.|Je "
        "cherche mes lunettes depuis ce matin.|Cette maison était autrefois une "
        "école.|Nous partirons avant le lever du soleil.|Son frère travaille dans une "
        "boulangerie.|Le jardin est plein de fleurs au printemps."
    ),
    "English": (
        "My brother keeps bees at the end of the garden.|We walked home along the "
        "river after dark.|She has been learning to play the violin.|The kettle was "
        "still warm when they came in.|It snowed all night and most of the morning.|He "
        "found his glasses under the newspaper.|The children built a house out of "
        "boxes.|Nobody knew who had left the door open.|I would rather sit near the "
        "window.|They grow tomatoes on the roof.|Her uncle mends old clocks.|There "
        "was a smell of bread in the street."
    ),
    "Ελληνικά": (
        "Χθες το βράδυ περπατήσαμε δίπλα στη θάλασσα.|Η γιαγιά μου φτιάχνει το "
        "καλύτερο ψωμί.|Βρέχει εδώ και τρεις μέρες.|Η γάτα κοιμάται πάνω στην "
        "καρέκλα.|Μαθαίνει να παίζει κιθάρα.|Θα βρεθούμε το μεσημέρι στον σταθμό.|Τα "
        "παιδιά μάζεψαν κοχύλια.|Ψάχνω τα γυαλιά μου από το πρωί.|Αυτό το σπίτι ήταν "
        "κάποτε σχολείο.|Θα φύγουμε πριν βγει ο ήλιος.|Ο αδελφός της δουλεύει σε "
        "φούρνο.|Ο κήπος είναι γεμάτος λουλούδια."
    ),
    "русский": (
        "Вчера вечером мы гуляли вдоль реки.|Моя бабушка варит самый вкусный суп.|Уже "
        "третий день идёт дождь.|Кошка спит на стуле у окна.|Она учится играть на "
        "скрипке.|Встретимся в полдень возле вокзала.|Дети собирали ракушки на "
        "берегу.|Я с утра ищу свои очки.|В этом доме раньше была школа.|Мы уедем до "
        "восхода солнца.|Её брат работает в пекарне.|Весной сад полон цветов."
    ),
    "suomi": (
        "Eilen illalla kävelimme joen rantaa pitkin.|Isoäitini keittää kylän parasta "
        "keittoa.|On satanut jo kolme päivää.|Kissa nukkuu tuolilla ikkunan "
        "vieressä.|Hän opettelee soittamaan viulua.|Tavataan puoliltapäivin aseman "
        "edessä.|Lapset keräsivät simpukoita.|Olen etsinyt silmälasejani aamusta "
        "asti.|Tämä talo oli ennen koulu.|Lähdemme ennen auringonnousua.|Hänen "
        "veljensä on töissä leipomossa.|Keväällä puutarha on täynnä kukkia."
    ),
}
