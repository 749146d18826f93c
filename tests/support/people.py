"""Three hundred people as they stand in class lists all over the world, in fifteen scripts and several spellings.

Invented by pairing common names. Some share a name, some have one name only, and some names have
apostrophes, hyphens, full stops or spaces in them.
"""

from __future__ import annotations

__all__ = ["PEOPLE"]

_NAMES = {
    "Latin, English and Irish": (
        "Mary-Jane|Seán|Conor|Aoife|Anne|John|John|Sarah Jane|D'Arcy|Tyrone|Zoë|J. R.|Ava|Noah|"
        "Liam|Chloe|Beyoncé|Mo|Al|Siân",
        "O'Neill|O’Brien|McDonald|Ní Dhomhnaill|Smith|Smith|Smith|Parker-Bowles|Shaw|N'Guessan|"
        "Müller-Lee|Tolkien|"
        "St. Clair|Van der Berg|Fitz-Gerald|de la Cruz|Knowles|Ng|Li|Owen",
    ),
    "Latin, western Europe": (
        "José|María José|João|Åsa|Søren|Björk|Jürgen|Weiß|Françoise|Jean-Luc|Núria|Øystein|"
        "Þóra|Aurélie|Ñuflo|Zuriñe|Loïc|"
        "Anaïs|Gösta|Günter",
        "García Márquez|Muñoz|Gonçalves|Öberg|Kierkegård|Guðmundsdóttir|Groß|Jäger|Lefèvre|"
        "L'Hôpital|i Gaudí|Ødegård|"
        "Þórsdóttir|D’Aubigné|Ibáñez|Etxeberría|Le Goff|Œuvrard|Ångström|Grüßli",
    ),
    "Latin, eastern Europe and Turkey": (
        "Łukasz|Żaneta|Đorđe|Šárka|Jiří|Ľubomír|Gyöngyi|Ștefan|Țuțea|Jānis|Žydrūnė|Õie|Ġorġ|"
        "Çağla|İlker|Işıl|Şule|Eñe|Dženan|Ágnes",
        "Wałęsa|Brzęczyszczykiewicz|Đoković|Dvořák|Procházka|Hviezdoslav|Szőke|Șerban|Brâncuși|"
        "Bērziņš|Žemaitė|Võsu|Buttiġieġ|"
        "Yıldız|Gökçe|Işık|Öztürk|Çelik|Hadžić|Kőszegi",
    ),
    "Latin, Vietnamese, Yoruba and Pinyin": (
        "Nguyễn Thị|Trần Văn|Lê|Phạm|Hoàng|Huỳnh|Vũ|Đặng|Adébáyọ̀|Ọlábísí|Ṣadé|Ẹniọlá|Xiǎo|Lǜ|"
        "Māra|Kūkahi|Tāne|Ngũgĩ|Wanjikũ|Ṛta",
        "Hạnh|Đức|Thế Anh|Phương|Sơn|Ngọc|Việt|Thủy|Ọṣundáre|Adéṣínà|Fálọlá|Ṣóyínká|Míng|Wáng|"
        "Ngāti|Kealiʻi|Mahuta|wa Thiong'o|"
        "Mũgo|Kṛṣṇa",
    ),
    "Cyrillic": (
        "Анна|Фёдор|Ольга|Юрій|Їжак|Ганна|Ђорђе|Љубица|Айгүл|Әсел|Батбаяр|Оюун|Иван|Иван|"
        "Ксения|Семён|Ґжегож|Ўлугбек|Ѓорѓи|Щука",
        "Иванова|Достоевский|Римская-Корсакова|Шевченко|Їжакевич|Мар'яненко|Ћосић|Њушић|"
        "Төлөгөнова|Қазыбек|Дорж||Петров|Петров|"
        "Ёлкина|Объедков|Ґонта|Ғофур|Ќосев|Щукина",
    ),
    "Greek": (
        "Ελένη|Γιώργος|Μαρία-Ελένη|Νίκος|Αθηνά|Σωκράτης|Ζωή|Ηλίας|Ιωάννης|Κλειώ|Λυδία|Ξένια|"
        "Όλγα|Πέτρος|Ρέα|Φοίβος|Χάρης|Ψαρρός|"
        "Άρης|Ωραιοζήλη",
        "Παπαδοπούλου|Ξυδάκης|Οικονόμου|Καζαντζάκης|Μαΐου|Αλιβιζάτος|Χατζή|Παΐσιος|Ψυχάρης|"
        "Σεφέρη|Ελύτη|Βέμπο|Ρώτα|Γκίκας|Δρόσου|"
        "Ευαγγέλου|Θεοτοκά|Ιωαννίδης|Κύρου|Λάσκαρη",
    ),
    "Arabic": (
        "محمد|فاطمة|عبد الله|زينب|علي|مريم|يوسف|نور|أحمد|رُقَيَّة|آرش|زهرا|می‌نا|گلناز|پریسا|چنگیز|عمران|ثناء|ڈاکٹر|محمد",
        "الخطيب|بن سعيد|أبو زيد|النجّار|حسن|المصري|إبراهيم||القرشي|الهاشمي|کمانگیر|رضایی|"
        "علی‌پور|نژاد|حسینی|ژاله|خان|بھٹی|قریشی|الخطيب",
    ),
    "Hebrew": (
        "דוד|שרה|משה|רבקה|ז'אן|ג'ורג'|נועה|איתי|מאיה|אורי|תמר|חַנָּה|יעל|עומר|לאה|גיא|רות|אבי|צ'רלי|שירה",
        "כהן|לוי|בן-גוריון|בר אילן|מזרחי|צ'רניחובסקי|פרץ|אברהם|פרידמן|שפירא|דיין|אזולאי|גבאי|"
        "עמר|חדד|רוזן|ביטון|סגל|קפלן|ברק",
    ),
    "Devanagari": (
        "आरव|प्रिया|श्रीकृष्ण|लक्ष्मी|अर्जुन|सीता|राम|ऋषि|ज्ञानेश्वर|मीनाक्षी|ओम|गीता|विश्वनाथ|अमृता|कमल|राधा|त्रिशा|दुर्गा|भीम|इन्दिरा",
        "शर्मा|वर्मा|त्रिपाठी|देशपांडे|सिंह||यादव|कुमार|कुलकर्णी|जोशी|थापा|श्रेष्ठ|गुप्ता|मिश्र|अग्रवाल|पाण्डेय|चौहान|खड़से|पढ़े|गांधी",
    ),
    "Bengali, Gurmukhi and Gujarati": (
        "অনন্যা|রবীন্দ্রনাথ|সত্যজিৎ|মৌসুমী|শেখ|তসলিমা|ঋতুপর্ণ|জয়া|ਗੁਰਪ੍ਰੀਤ|ਹਰਮਨਜੋਤ|ਸਿਮਰਨ|"
        "ਜਸਪ੍ਰੀਤ|ਬਲਵਿੰਦਰ|મોહનદાસ|કસ્તૂરબા|નરસિંહ|હીરાબેન|ধ্রুব|পূর্ণিমা|কাজী",
        "চট্টোপাধ্যায়|ঠাকুর|রায়|খাতুন|হাসিনা|নাসরিন|ঘোষ|আহসান|ਸਿੰਘ|ਕੌਰ|ਢਿੱਲੋਂ|ਗਿੱਲ|ਸੰਧੂ|ગાંધી|પટેલ|મહેતા|શાહ|বন্দ্যোপাধ্যায়|দে|নজরুল",
    ),
    "Tamil, Telugu, Malayalam and Sinhala": (
        "முருகன்|கவிதா|சுப்பிரமணியன்|மீனா|இளங்கோ|வெங்கட்|లక్ష్మీ|శ్రీనివాస్|వెంకట|కృష్ణవేణి|"
        "പ്രിയ|കൃഷ്ണൻ|ശ്രീലക്ഷ്മി|ജോസഫ്|අමර|ශ්‍රියා|නිමල්|චන්ද්‍රිකා|கண்ணன்|யாழினி",
        "|ராஜன்|பாரதி|நாராயணன்|ஸ்ரீதர்|க.|రావు|రెడ్డి|సుబ్బమ్మ|నాయుడు|നായർ|മേനോൻ|വർമ്മ|കുര്യൻ|පෙරේරා|විජේසිංහ|සිල්වා|කුමාරතුංග|ராஜன்|ஶ்ரீ",
    ),
    "Han": (
        "芳|伟|秀英|娜|敏|静|丽|强|磊|军|小明|建国|國榮|麗華|志明|春嬌|思涵|𠮷雄|一|子轩",
        "王|李|张|刘|陈|杨|赵|黄|周|吴|欧阳|司马|張|陳|黃|林|诸葛|𠮷田|丁|王",
    ),
    "Japanese": (
        "太郎|花子|さくら|ひろし|アンナ|マリー＝ルイーズ|健ジ|ゔぃおら|美咲|翔|蓮|葵|大翔|結衣|陽菜|ケビン|みどり|悠斗|ジョン|凛",
        "山田|佐藤|鈴木|高橋|スミス|デュポン|渡邉|渡邊|髙橋|﨑山|神宮寺|長谷川|小鳥遊|五十嵐|いとう|マクドナルド|辻󠄀|葛󠄁城|ゞ田|々木",
    ),
    "Hangul, Thai and Khmer": (
        "민준|서연|지우|하은|도윤|예린|현우|수빈|สมชาย|มาลี|ณัฐวุฒิ|กัญญารัตน์|ปิยะ|ศรีสุดา|ธนกฤต|น้ำฝน|សុខា|ចន្ទា|បូរី|ស្រីមុំ",
        "김|이|박|최|정|선우|남궁|제갈|ใจดี|รักษ์ไทย|เจริญสุข|วงศ์สว่าง|ทองคำ|ณ อยุธยา|ศรีสวัสดิ์|แก้ว|ចាន់|ហេង|លី|កែវ",
    ),
    "Georgian, Armenian and Ethiopic": (
        "ნინო|გიორგი|თამარ|ლუკა|შოთა|მარიამ|ქეთევან|Անի|Արամ|Նարեկ|Գայանե|Հայկ|Սոնա|Տիգրան|አበበ|"
        "ሰላማዊት|ብርሃኑ|ትዕግስት|ዮሐንስ|ፍቅርተ",
        "ბერიძე|მაისურაძე|ჭავჭავაძე|წერეთელი|რუსთაველი|ჯაფარიძე|ყიფიანი|Սարգսյան|Խաչատրյան|"
        "Եղիազարյան|Տեր-Պետրոսյան|Ղազարյան|"
        "Ճաղարյան|Օհանյան|በቀለ|ተስፋዬ||ገብረ ሥላሴ|መኮንን|ኃይለማርያም",
    ),
}

PEOPLE: list[tuple[str, str]] = [
    (first, last)
    for first_names, last_names in _NAMES.values()
    for first, last in zip(first_names.split("|"), last_names.split("|"), strict=True)
]
"""First and last name; one of them may be empty."""
