// An Adam in Rust behind adamcheck's protocol: rustc -O adam.rs && adamcheck verify "exec:./adam"
use std::io::{stdin, BufRead};

fn read(text: &str) -> f64 { // what C's %a prints
    let (sign, text) = if let Some(rest) = text.strip_prefix('-') { (-1.0, rest) } else { (1.0, text) };
    let Some((digits, exponent)) = text.strip_prefix("0x").and_then(|t| t.split_once('p')) else {
        return sign * text.parse::<f64>().unwrap(); // inf or nan
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = u64::from_str_radix(&format!("{whole}{fraction}"), 16).unwrap() as f64;
    let exponent: i32 = exponent.parse::<i32>().unwrap() - 4 * fraction.len() as i32;
    let half = exponent / 2; // in two factors: the exponent of a subnormal number is out of range
    sign * mantissa * 2f64.powi(half) * 2f64.powi(exponent - half)
}

fn write(x: f64) -> String {
    let (bits, sign) = (x.to_bits() & !(1 << 63), if x.is_sign_negative() { "-" } else { "" });
    let (biased, mantissa) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    match biased {
        2047 => if mantissa != 0 { "\"nan\"".into() } else { format!("\"{sign}inf\"") },
        0 => format!("\"{sign}0x0.{mantissa:013x}p-1022\""),
        _ => format!("\"{sign}0x1.{mantissa:013x}p{}\"", biased - 1023),
    }
}

fn numbers(list: &str) -> Vec<f64> { list.split('"').skip(1).step_by(2).map(read).collect() }
fn after<'a>(line: &'a str, key: &str) -> &'a str { &line[line.find(key).unwrap() + key.len()..] }
fn number(line: &str, name: &str) -> f64 {
    read(after(line, &format!("\"{name}\":\"")).split('"').next().unwrap())
}

fn main() {
    let (mut lr, mut b1, mut b2, mut eps, mut t) = (0.0, 0.0, 0.0, 0.0, 0);
    let (mut theta, mut m, mut v): (Vec<f64>, Vec<f64>, Vec<f64>) = (vec![], vec![], vec![]);
    for line in stdin().lock().lines().map(|line| line.unwrap()) {
        match after(&line, "\"op\":\"").split('"').next().unwrap() {
            "stop" => return,
            "describe" => println!(r#"{{"protocol":1,"library":"adam.rs","version":"1.0","dtypes":["float64"]}}"#),
            "start" => {
                (lr, b1, b2, eps, t) = (number(&line, "lr"), number(&line, "beta1"), number(&line, "beta2"), number(&line, "eps"), 0);
                theta = numbers(after(&line, "\"parameters\":[").split(']').next().unwrap());
                (m, v) = (vec![0.0; theta.len()], vec![0.0; theta.len()]);
                println!("{{\"ok\":true}}");
            }
            "step" => {
                let mut rows = vec![];
                for row in after(&line, "\"gradients\":[").split('[').skip(1) {
                    t += 1;
                    for (i, g) in numbers(row.split(']').next().unwrap()).into_iter().enumerate() {
                        m[i] = b1 * m[i] + (1.0 - b1) * g;
                        v[i] = b2 * v[i] + (1.0 - b2) * g * g;
                        theta[i] -= lr * (m[i] / (1.0 - b1.powi(t))) / ((v[i] / (1.0 - b2.powi(t))).sqrt() + eps);
                    }
                    rows.push(format!("[{}]", theta.iter().map(|&x| write(x)).collect::<Vec<_>>().join(",")));
                }
                println!("{{\"parameters\":[{}]}}", rows.join(","));
            }
            _ => println!("{{\"ok\":true}}"),
        }
    }
}
