//! Names: real ones of divisions, cut to what a Party branch is called after, and made ones of people and
//! units that show that they are made.

use kernel::Domain;

use super::{
    dice::Dice,
    divisions::{Division, Rank},
    people::Sex,
};

const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何",
    "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓",
    "许", "傅", "沈", "曾", "彭", "吕",
];

/// The second character of every made name: no register of real people looks like this.
pub(super) const MARKS: [&str; 5] = ["演", "示", "样", "例", "拟"];

const MEN: [&str; 24] = [
    "强", "军", "平", "建", "文", "勇", "斌", "涛", "明", "杰", "刚", "宏", "辉", "鹏", "飞", "亮", "峰",
    "超", "林", "波", "成", "庆", "国", "海",
];
const WOMEN: [&str; 24] = [
    "芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "秀", "玲", "燕", "萍", "红", "梅", "琴", "云", "洁",
    "兰", "英", "慧", "莹", "雪", "倩", "蓉",
];

/// A made name of three characters, the second one of [`MARKS`].
pub(super) fn person(dice: &mut Dice, sex: Sex) -> String {
    let last = dice.pick(if sex == Sex::Male { &MEN } else { &WOMEN });
    format!("{}{}{last}", dice.pick(&SURNAMES), dice.pick(&MARKS))
}

/// What somebody of this age does in an organization of this domain.
pub(super) fn occupation(dice: &mut Dice, domain: Domain, age: i64) -> &'static str {
    let posts: &[&'static str] = match domain {
        _ if age > 62 && domain != Domain::Rural => &["退休人员"],
        Domain::Rural => &["务农", "务农", "种养大户", "村医", "外出务工"],
        Domain::Community => &["社区工作者", "个体经营", "企业职工", "自由职业"],
        Domain::Organ => &["公务员", "参公人员", "机关工勤人员"],
        Domain::Institution => &["专业技术人员", "管理人员", "医护人员"],
        Domain::School => &["教师", "教师", "教学管理人员"],
        Domain::Soe | Domain::Private => &["企业管理人员", "技术工人", "销售人员"],
        Domain::Social => &["社会组织工作人员", "社会工作者"],
        Domain::Retired => &["退休人员"],
    };
    dice.pick(posts)
}

/// What a village or community is called without the name of its self-governing body: 城北村, 先锋社区.
pub(super) fn area(division: &Division) -> String {
    const BODIES: [&str; 6] = ["村民委员会", "居民委员会", "村委会", "居委会", "委员会", "居委"];
    let full = division.name.as_str();
    let bare = BODIES
        .iter()
        .find_map(|body| full.strip_suffix(body))
        .unwrap_or(full);
    let bare = if bare.is_empty() { full } else { bare };
    let kind = if division.rank == Rank::Village {
        "村"
    } else {
        "社区"
    };
    if bare.ends_with(kind) {
        bare.to_owned()
    } else {
        format!("{bare}{kind}")
    }
}

/// Departments, behind the county's name.
pub(super) const ORGANS: [&str; 42] = [
    "委办公室",
    "委组织部",
    "纪律检查委员会监察委员会",
    "委宣传部",
    "委统战部",
    "委政法委员会",
    "人大常委会机关",
    "人民政府办公室",
    "政协机关",
    "委直属机关工作委员会",
    "总工会",
    "妇女联合会",
    "发展和改革局",
    "教育体育局",
    "工业和信息化局",
    "民政局",
    "司法局",
    "财政局",
    "人力资源和社会保障局",
    "自然资源局",
    "住房和城乡建设局",
    "交通运输局",
    "水利局",
    "农业农村局",
    "商务局",
    "文化和旅游局",
    "卫生健康局",
    "退役军人事务局",
    "应急管理局",
    "审计局",
    "市场监督管理局",
    "统计局",
    "医疗保障局",
    "信访局",
    "林业局",
    "行政审批服务局",
    "城市管理执法局",
    "乡村振兴服务局",
    "人民法院机关",
    "人民检察院机关",
    "委编制委员会办公室",
    "委老干部工作局",
];

/// Institutions, behind the county's name; those of health come first.
pub(super) const INSTITUTIONS: [&str; 24] = [
    "人民医院",
    "中医医院",
    "妇幼保健院",
    "疾病预防控制中心",
    "卫生监督所",
    "急救站",
    "文化馆",
    "图书馆",
    "博物馆",
    "融媒体中心",
    "不动产登记中心",
    "农业技术推广中心",
    "畜产站",
    "植物保护站",
    "水利工作队",
    "公路管理段",
    "社会保险经办中心",
    "就业服务中心",
    "园林管理所",
    "环境卫生管理所",
    "档案馆",
    "地震监测站",
    "国有林场",
    "公证处",
];
/// How many of [`INSTITUTIONS`] are health institutions.
pub(super) const HEALTH: usize = 6;

/// Schools of the county town, behind the county's name.
pub(super) const SCHOOLS: [&str; 10] = [
    "高级中学",
    "职业教育中心",
    "实验初级中学",
    "第一初级中学",
    "第二初级中学",
    "实验小学",
    "第一小学",
    "第二小学",
    "中心幼儿园",
    "教师进修学校",
];
/// Schools of each town, behind the town's name.
pub(super) const TOWN_SCHOOLS: [&str; 4] = ["初级中学", "中心小学", "中心幼儿园", "第二小学"];

/// State enterprises, behind the county's name.
pub(super) const STATE_ENTERPRISES: [&str; 12] = [
    "城市建设投资",
    "自来水",
    "供热",
    "文化旅游发展",
    "交通建设",
    "粮食购销",
    "农业发展",
    "公共交通",
    "水务发展",
    "国有资产运营",
    "林业开发",
    "融资担保",
];

const BRANDS: [&str; 20] = [
    "演禾", "示丰", "样达", "例兴", "拟泰", "演诚", "示远", "样和", "例安", "拟通", "演新", "示康", "样华",
    "例源", "拟盛", "演润", "示捷", "样宏", "例祥", "拟佳",
];
const TRADES: [&str; 12] = [
    "机械制造",
    "农业科技",
    "食品",
    "建材",
    "物流",
    "纺织",
    "商贸",
    "包装",
    "电子",
    "工艺品",
    "建筑工程",
    "环保科技",
];
const SOCIETIES: [&str; 10] = [
    "养老服务中心",
    "社会工作服务中心",
    "志愿者协会",
    "果业协会",
    "律师事务所",
    "民办幼儿园",
    "书画协会",
    "餐饮行业协会",
    "个体劳动者协会",
    "体育舞蹈协会",
];

/// The `nth` private enterprise of a county; no two are of one name.
pub(super) fn enterprise(place: &str, nth: usize) -> String {
    let brand = nth % BRANDS.len();
    let trade = (nth / BRANDS.len() + brand) % TRADES.len();
    let again = again(nth / (BRANDS.len() * TRADES.len()));
    format!("{place}{}{again}{}有限公司", BRANDS[brand], TRADES[trade])
}

/// The `nth` social organization of a county; no two are of one name.
pub(super) fn society(place: &str, nth: usize) -> String {
    let brand = nth / SOCIETIES.len() % BRANDS.len();
    let again = again(nth / (BRANDS.len() * SOCIETIES.len()));
    format!(
        "{place}{}{again}{}",
        BRANDS[brand],
        SOCIETIES[nth % SOCIETIES.len()]
    )
}

fn again(round: usize) -> String {
    if round == 0 {
        String::new()
    } else {
        numeral(round + 1)
    }
}

/// 一 to 九十九.
pub(super) fn numeral(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let tens = match n / 10 {
        0 => String::new(),
        1 => "十".to_owned(),
        more => format!("{}十", DIGITS[more % 10]),
    };
    format!("{tens}{}", DIGITS[n % 10])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, rank: Rank) -> String {
        area(&Division {
            code: String::new(),
            name: name.to_owned(),
            parent_code: String::new(),
            rank,
        })
    }

    #[test]
    fn an_area_loses_the_name_of_its_body_and_keeps_its_own() {
        assert_eq!(named("城北村委会", Rank::Village), "城北村");
        assert_eq!(named("太慈村村委会", Rank::Village), "太慈村");
        assert_eq!(named("先锋社区居委会", Rank::Community), "先锋社区");
        assert_eq!(named("凤仪西路社区", Rank::Community), "凤仪西路社区");
        assert_eq!(named("火车站居民委员会", Rank::Community), "火车站社区");
        assert_eq!(named("居委会", Rank::Community), "居委会社区");
    }

    #[test]
    fn no_two_units_of_a_large_county_are_of_one_name() {
        for name in [enterprise, society] {
            let names: std::collections::BTreeSet<String> = (0..700).map(|nth| name("某县", nth)).collect();
            assert_eq!(names.len(), 700);
        }
    }

    #[test]
    fn numerals_read_as_people_write_them() {
        assert_eq!([1, 10, 12, 25].map(numeral), ["一", "十", "十二", "二十五"]);
    }
}
