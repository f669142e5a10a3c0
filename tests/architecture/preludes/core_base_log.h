extern std::chrono::milliseconds took;
