// The pool of small blocks.
#include "ropewalk/core/async/pool.h"

#include <cstring>
#include <thread>
#include <vector>

#include "tests/catch.h"

using namespace ropewalk::detail;

TEST_CASE("a block that was given back is used again for the same size class") {
  void* first = allocateBlock(100);
  freeBlock(first, 100);
  void* second = allocateBlock(128);
  if (kPoolEnabled) CHECK(first == second);
  freeBlock(second, 128);
}

TEST_CASE("blocks of every size can be written to their last byte") {
  std::vector<std::pair<void*, std::size_t>> blocks;
  for (std::size_t size = 1; size <= 3000; size += 37) {
    blocks.emplace_back(allocateBlock(size), size);
    std::memset(blocks.back().first, 0x5a, size);
  }
  for (const auto& [block, size] : blocks) {
    CHECK(static_cast<unsigned char*>(block)[size - 1] == 0x5a);
    freeBlock(block, size);
  }
}

TEST_CASE("a thread keeps a bounded amount of free blocks") {
  if (!kPoolEnabled) return;
  std::vector<void*> blocks;
  for (int i = 0; i < 10'000; ++i) blocks.push_back(allocateBlock(1000));
  for (void* block : blocks) freeBlock(block, 1000);
  CHECK(threadPool.lists[15].count <= kPoolKeptBytesPerClass / 1024);
}

TEST_CASE("a block may be given back on another thread, which frees it when it ends") {
  void* block = allocateBlock(64);
  std::thread([&] { freeBlock(block, 64); }).join();
}
