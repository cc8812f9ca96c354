// An Adam in C++ behind adamcheck's protocol: g++ -O2 -o adam adam.cpp && adamcheck verify "exec:./adam"
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>
using Numbers = std::vector<double>;

// Yours: step t = 1, 2, ... of all parameters. Put your function here, or include it and call it.
static void adam(Numbers& theta, const Numbers& g, Numbers& m, Numbers& v, int t, double lr, double b1, double b2, double eps) {
    for (size_t i = 0; i < theta.size(); ++i) {
        m[i] = b1 * m[i] + (1 - b1) * g[i];
        v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
        theta[i] -= lr * (m[i] / (1 - std::pow(b1, t))) / (std::sqrt(v[i] / (1 - std::pow(b2, t))) + eps);
    }
}

// The protocol, which may stay as it is.

static std::string after(const std::string& text, const std::string& key) { // nothing where there is no such key
    return text.find(key) == std::string::npos ? "" : text.substr(text.find(key) + key.size());
}
static Numbers numbers(const std::string& list) { // as in "0x1p+0","0x1p-1"] with more behind the bracket
    Numbers found;
    for (size_t end = list.find(']'), at = list.find('"'); at < end; at = list.find('"', list.find('"', at + 1) + 1))
        found.push_back(std::strtod(&list[at + 1], nullptr)); // which reads what %a prints
    return found;
}
static double number(const std::string& line, const std::string& name) {
    return std::strtod(after(line, name + "\":\"").c_str(), nullptr);
}

int main() {
    Numbers theta, m, v;
    double lr = 0, b1 = 0, b2 = 0, eps = 0;
    int t = 0;
    std::cout << std::hexfloat;
    for (std::string line; std::getline(std::cin, line) && line.find("\"stop\"") == std::string::npos;) {
        if (line.find("\"start\"") != std::string::npos) {
            lr = number(line, "lr"), b1 = number(line, "beta1"), b2 = number(line, "beta2"), eps = number(line, "eps");
            theta = numbers(after(line, "\"parameters\":[")), m = v = Numbers(theta.size(), 0.0), t = 0;
        }
        std::cout << R"({"protocol":1,"library":"adam.cpp","version":"1.0","dtypes":["float64"],"ok":true,"parameters":[)";
        for (std::string rows = after(line, "\"gradients\":["); rows.find('[') != std::string::npos; rows = after(rows, "]")) {
            const Numbers g = numbers(rows);
            adam(theta, g, m, v, ++t, lr, b1, b2, eps), std::cout << (rows[0] == ',' ? ",[" : "[");
            for (size_t i = 0; i < g.size(); ++i) std::cout << (i ? ",\"" : "\"") << theta[i] << '"';
            std::cout << ']';
        }
        std::cout << "]}" << std::endl;
    }
}
