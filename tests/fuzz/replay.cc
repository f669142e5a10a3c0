// Runs a fuzzer on its seeds without libFuzzer, so that every build and every sanitizer sees them:
// each file as it is, and cut off at every length. What a fuzzer finds becomes one more file in
// corpus/<name>/.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Beyond it, in steps: the cost of a fuzzer is often quadratic itself.
constexpr std::size_t kEveryLengthUpTo = 1024;
constexpr std::size_t kSteps = 256;

// The input is copied to a block of exactly its size, so that AddressSanitizer sees a read one byte
// past it.
void runOne(const std::string& bytes, std::size_t size) {
  const auto block = std::make_unique<std::uint8_t[]>(size);
  std::copy_n(bytes.begin(), size, block.get());
  LLVMFuzzerTestOneInput(block.get(), size);
}

void runEveryPrefix(const std::string& bytes) {
  const std::size_t step = std::max<std::size_t>(1, bytes.size() / kSteps);
  for (std::size_t size = 0; size < bytes.size(); size += size < kEveryLengthUpTo ? 1 : step) {
    runOne(bytes, size);
  }
  runOne(bytes, bytes.size());
}

std::vector<std::filesystem::path> seedsIn(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER-OF-SEEDS\n", argv[0]);
    return 2;
  }
  const auto seeds = seedsIn(argv[1]);
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds in %s\n", argv[1]);
    return 1;
  }
  for (const auto& path : seeds) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);  // the last line names the culprit
    std::ifstream file(path, std::ios::binary);
    runEveryPrefix(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  return 0;
}
