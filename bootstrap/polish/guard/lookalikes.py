"""English words that are one slip of the keyboard away from a word that commits often have. Data.

The guard takes none of them for a misspelling: who wrote "contest" did not mean "context". They are the
words of a large English list that `forms.slipped` would otherwise lead to a word of `english.KNOWN`, and
names of types, functions and products.
"""

_TEXT = """
    actin acton adust algin alisa analyses animato anonyms apparent archie authenticity automat automata
    automate backed backus banned banning bard barley barr basally basses bassi bellow bette biasses
    bitt blacking borer bought boyd brach brede brooke browse buffed buffing butt cadres calender
    candida candide canvass capita capitol carousal carouse carrousel cerate charter chian clint clod
    clyster codded codding codling coed coiling coition collation collet comines commend compatibly
    compete complected complice complicit complicity complied complies compote computability computable
    conation concurred concurring constrain consume contact contain cooke corer corn coverings covert
    coveted coveting crate creatines crete croon currant custer custos decease decider decorate
    decoration decryption deferent defied defies deice deign delicate delver denny dependence depp
    deration descried descries detonation develop dialing differed differing directer director
    disobliged disobliges disobliging diver docked docking dorp dose drakes drier dripped dripping drive
    droop duplicity eagre ensue enure eposes escapee eternal explicated explicates explicating expos
    factor farmed farming fats feeze filer filings filled filling filses finis finnish flied flies
    foiling folded folding footed footing ford forge fromm fronted froward fullback gird handed handel
    handing hardy haven headed heder heeding heer helped helping herd herr hied hight hiss hoover
    hopeful hots identified identifies identifying imitable immutably implicated implicates implicating
    importuned importunes importuning impotent incudes indenes indention inert infinity ingrate inset
    inst instancy instill instillation instiller integrity interrace iteration joni juts kerne lading
    lateral laterally lats latte latter lending lett licensee liner lining liter locution loll loner
    longe losses lots madding mali manage manger mani marin maser massage massing masted mater menton
    messing metic meting migraines mind minimus minium minn minted minting minuet mobil moiled moiling
    moore mots moues mousse multiped multiply mussing mutably naive nesting nether nodded nodding
    normals numbed numbing objet obvious oration overflew overly overrate painter paras parer pares
    paring paris parma parsee passible patten patter payer pease perimeter peron perpend pervious pinter
    played playing pleas plusses podding policed polices policing polis polo possibly pots prams prat
    precess prediction preened preening pressing pressor proaction produce propend prot ptah pubic
    pudding puls pursing putt pyrometer quiet quitted quitting rally rand rater rathe ratted ratting
    reactor reade reamed reaming receding recoded recodes recoding recognizee recurve redd reest referee
    regin rending replying resole rested resting restring restrung retiring retuning revered reveres
    revering revers revet rewiring rolled rolling rostering rotted rotting routines sable sacring sallow
    salve sapling scared schemed schemes scheming scooped scooping scree scrip seder seething serer
    serials serve sett sever shard shopping shred shrikes shrines sign signatory singe sinner siple
    sipping sitting skelton slide slier slitting smoothing socked socking somme soothing sorter soured
    souring southing sower spanner spatting spilling spilt spinning spiting spitting splatting sported
    sporting spotting sprig stale statistic stats statued statues steam stirps stoop stricture styes
    succuss suction summery supper swathing synchronies tailing targe teaches teaching termite ternate
    thee thins three threshed throned thrones ticked ticking tilted tilting timeous tings tittle togged
    togging tough trail transited transiting transom tread trough tsetses turing unbid unknowing
    unstably valuation variably variates veery viability visibly vortical waning warding waring warp
    uint uints varint varints varchar nvarchar bigint ubyte ushort ulong usize isize rint sint nint
    regexp strlen sprintf println printf fprintf scanf malloc calloc realloc memcpy strcpy stdin stdout
    nest nests nets vertica chanel mongo maria solaris debian svelte kotlin postgre serde tokio
    weer wether wheen whither widow wrier
"""
LOOKALIKES = frozenset(_TEXT.split())
