// An Adam in Rust behind adamcheck's protocol: rustc -O adam.rs && adamcheck verify "exec:./adam"
use std::io::{stdin, BufRead};

// Yours: step t = 1, 2, ... of all parameters; h holds lr, beta1, beta2 and eps. Put your function here and call it.
fn adam(theta: &mut [f64], g: &[f64], m: &mut [f64], v: &mut [f64], t: i32, h: [f64; 4]) {
    for i in 0..theta.len() {
        m[i] = h[1] * m[i] + (1.0 - h[1]) * g[i];
        v[i] = h[2] * v[i] + (1.0 - h[2]) * g[i] * g[i];
        theta[i] -= h[0] * (m[i] / (1.0 - h[1].powi(t))) / ((v[i] / (1.0 - h[2].powi(t))).sqrt() + h[3]);
    }
}

// The protocol, which may stay as it is.
fn read(text: &str) -> f64 { // what C's %a prints
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let Some((digits, power)) = text.strip_prefix("0x").and_then(|t| t.split_once('p')) else {
        return sign * text.parse::<f64>().unwrap(); // inf or nan
    };
    let places = digits.split_once('.').map_or(0, |(_, fraction)| 4 * fraction.len() as i32);
    let (whole, power) = (u64::from_str_radix(&digits.replace('.', ""), 16), power.parse::<i32>());
    let (power, half) = (power.clone().unwrap() - places, power.unwrap() / 2); // two factors for subnormal numbers
    sign * whole.unwrap() as f64 * 2f64.powi(half) * 2f64.powi(power - half)
}
fn write(x: &f64) -> String { // a whole number times a power of two
    let (sign, bits) = (if x.is_sign_negative() { "-" } else { "" }, x.to_bits());
    let (biased, fraction) = (bits >> 52 & 2047, bits & ((1 << 52) - 1));
    let whole = if biased == 0 { fraction } else { fraction | 1 << 52 };
    if x.is_finite() { format!("\"{sign}0x{whole:x}p{}\"", biased.max(1) as i32 - 1075) } else { format!("\"{x}\"") }
}
fn after<'a>(line: &'a str, key: &str) -> &'a str { line.split_once(key).map_or("", |(_, rest)| rest) }
fn numbers(list: &str) -> Vec<f64> { list.split(']').next().unwrap().split('"').skip(1).step_by(2).map(read).collect() }

fn main() {
    let (mut h, mut theta, mut m, mut v, mut t) = ([0.0; 4], vec![], vec![], vec![], 0);
    for line in stdin().lock().lines().map(|line| line.unwrap()).take_while(|line| !line.contains("\"stop\"")) {
        if line.contains("\"start\"") {
            let hyper = |name| after(&line, &format!("\"{name}\":\"")).split('"').next().map(read).unwrap();
            h = ["lr", "beta1", "beta2", "eps"].map(hyper);
            theta = numbers(after(&line, "\"parameters\":["));
            (m, v, t) = (vec![0.0; theta.len()], vec![0.0; theta.len()], 0);
        }
        let mut rows = vec![];
        for row in after(&line, "\"gradients\":[").split('[').skip(1) {
            t += 1;
            adam(&mut theta, &numbers(row), &mut m, &mut v, t, h);
            rows.push(format!("[{}]", theta.iter().map(write).collect::<Vec<_>>().join(",")));
        }
        let what = r#""protocol":1,"library":"adam.rs","version":"1.0","dtypes":["float64"],"ok":true"#;
        println!("{{{what},\"parameters\":[{}]}}", rows.join(","));
    }
}
