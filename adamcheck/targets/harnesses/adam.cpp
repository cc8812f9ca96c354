// An Adam in C++ behind adamcheck's protocol: g++ -O2 -o adam adam.cpp && adamcheck verify "exec:./adam"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>
using Numbers = std::vector<double>;

// The numbers of the JSON list that begins at or after `at`, which moves behind its closing bracket.
static Numbers numbers(const std::string& line, size_t& at) {
    Numbers found;
    for (at = line.find('[', at) + 1; line[at] != ']'; ++at)
        if (line[at] == '"') { found.push_back(std::strtod(&line[at + 1], nullptr)); at = line.find('"', at + 1); }
    return ++at, found;
}
static size_t after(const std::string& line, const std::string& what) { return line.find(what) + what.size(); }
static double number(const std::string& line, const std::string& name) {
    return std::strtod(&line[after(line, "\"" + name + "\":\"")], nullptr);
}

int main() {
    double lr = 0, b1 = 0, b2 = 0, eps = 0, p1 = 1, p2 = 1;
    Numbers theta, m, v;
    for (std::string line; std::getline(std::cin, line); std::fflush(stdout)) {
        const std::string op = line.substr(after(line, "\"op\":\""), 4);
        if (op == "stop") return 0;
        if (op == "desc") {
            std::puts("{\"protocol\":1,\"library\":\"adam.cpp\",\"version\":\"1.0\",\"dtypes\":[\"float64\"]}");
        } else if (op == "step") {
            size_t at = after(line, "\"gradients\":[");
            for (std::printf("{\"parameters\":["); line[at] != ']'; std::printf("]%s", line[at] == ',' ? "," : "")) {
                Numbers g = numbers(line, at += line[at] == ',');
                p1 *= b1, p2 *= b2;
                std::putchar('[');
                for (size_t i = 0; i < theta.size(); ++i) {
                    m[i] = b1 * m[i] + (1 - b1) * g[i];
                    v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
                    theta[i] -= lr * (m[i] / (1 - p1)) / (std::sqrt(v[i] / (1 - p2)) + eps);
                    std::printf(i ? ",\"%a\"" : "\"%a\"", theta[i]);
                }
            }
            std::puts("]}");
        } else {
            if (op == "star") {
                size_t at = after(line, "\"parameters\":");
                lr = number(line, "lr"), b1 = number(line, "beta1"), b2 = number(line, "beta2"), eps = number(line, "eps");
                theta = numbers(line, at), m = v = Numbers(theta.size(), 0.0), p1 = p2 = 1;
            }
            std::puts("{\"ok\":true}");
        }
    }
}
