# Registers what lies below tests/: Catch2 programs by folder, scripts by folder.
find_package(Catch2 REQUIRED)

set(ROPEWALK_TEST_ROOT "${PROJECT_SOURCE_DIR}/tests")

# tests/main.cc, once for all test programs.
add_library(ropewalk_test_main OBJECT "${ROPEWALK_TEST_ROOT}/main.cc")
target_link_libraries(ropewalk_test_main PUBLIC Catch2::Catch2 Threads::Threads)
target_include_directories(ropewalk_test_main PUBLIC "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/include")
target_compile_options(ropewalk_test_main PRIVATE -w)  # nothing in it is ours
if(ROPEWALK_SANITIZE MATCHES "undefined")
  target_compile_options(ropewalk_test_main PRIVATE -fno-sanitize=undefined)  # takes a minute to compile otherwise
endif()

# A test links the layers that its folder stands for and no more: it builds although a layer above is broken.
function(ropewalk_test_libraries variable area)
  if(area MATCHES "^core")
    set(libraries ropewalk::core)
  elseif(area MATCHES "^protocols")
    set(libraries ropewalk::protocols)
  elseif(area MATCHES "^ssl")
    set(libraries ropewalk::ssl ropewalk::protocols)
  elseif(area MATCHES "^clients/app")
    set(libraries ropewalk_clients_app)
  elseif(area MATCHES "^servers/app")
    set(libraries ropewalk_app ropewalk::ropewalk)
  else()
    set(libraries ropewalk::ropewalk)
  endif()
  set(${variable} ${libraries} PARENT_SCOPE)
endfunction()

# The first folder, and "thread" for those of core that start threads: CI runs them under ThreadSanitizer. Above core all layers
# would have to be built once more for a single test: those run with `.ci/run --full`.
function(ropewalk_test_labels variable area)
  string(REGEX REPLACE "/.*" "" labels "${area}")
  if(labels STREQUAL "examples")
    set(labels example)
  endif()
  foreach(source IN LISTS ARGN)
    if(area MATCHES "alloc")  # counting allocations has nothing to do with threads, and operator new is replaced
      break()
    endif()
    file(STRINGS "${source}" threads REGEX "#include (<thread>|<future>|.*/threads\\.h)" LIMIT_COUNT 1)
    if(threads AND area MATCHES "^core/")
      list(APPEND labels thread)
      break()
    endif()
  endforeach()
  set(${variable} ${labels} PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE all_tests CONFIGURE_DEPENDS RELATIVE "${ROPEWALK_TEST_ROOT}" "${ROPEWALK_TEST_ROOT}/*_test.cc")
list(FILTER all_tests EXCLUDE REGEX "(^|/)[.#][^/]*$")
set(areas "")
foreach(file IN LISTS all_tests)
  get_filename_component(area "${file}" DIRECTORY)
  list(APPEND areas "${area}")
endforeach()
list(REMOVE_DUPLICATES areas)

foreach(area IN LISTS areas)
  string(REPLACE "/" "_" name "${area}_test")
  file(GLOB sources CONFIGURE_DEPENDS "${ROPEWALK_TEST_ROOT}/${area}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/[.#][^/]*$")
  ropewalk_test_libraries(libraries "${area}")
  ropewalk_program(${name} ${name} tests PRECOMPILED test SOURCES ${sources} LIBRARIES ropewalk_test_main ${libraries})
  ropewalk_test_labels(labels "${area}" ${sources})
  # label_<label> builds the programs of that label alone: tests/run.sh --label core compiles no server.
  foreach(label IN LISTS labels)
    if(NOT TARGET label_${label})
      add_custom_target(label_${label})
    endif()
    add_dependencies(label_${label} ${name})
  endforeach()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 600
                                          WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  if(area MATCHES "alloc")
    # A program that counts allocations replaces operator new; what the libraries allocated before is AddressSanitizer's.
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "ASAN_OPTIONS=alloc_dealloc_mismatch=0")
  endif()
endforeach()

# Scripts: tests/interop (real peers) and tests/examples. Exit status 77 means skipped, for a peer that is not installed.
# A name that begins with _ is a helper of the others.
find_program(ROPEWALK_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(ROPEWALK_PYTHON python3)
mark_as_advanced(ROPEWALK_PYTHON)

function(ropewalk_script_test name label)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "COMMAND;PROPERTIES")
  add_test(NAME ${name} COMMAND ${arg_COMMAND})
  set_tests_properties(
    ${name} PROPERTIES LABELS "${label}" TIMEOUT 300 SKIP_RETURN_CODE 77 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    ENVIRONMENT "ROPEWALK_BIN_DIR=${PROJECT_BINARY_DIR}/bin;PYTHONDONTWRITEBYTECODE=1" ${arg_PROPERTIES})
endfunction()

foreach(folder interop examples)
  string(REGEX REPLACE "s$" "" label "${folder}")
  file(GLOB scripts CONFIGURE_DEPENDS "${ROPEWALK_TEST_ROOT}/${folder}/*.sh" "${ROPEWALK_TEST_ROOT}/${folder}/*.py")
  list(FILTER scripts EXCLUDE REGEX "/[._#][^/]*$")
  foreach(script IN LISTS scripts)
    get_filename_component(name "${script}" NAME_WE)
    set(interpreter bash)
    if(script MATCHES "\\.py$")
      set(interpreter "${ROPEWALK_PYTHON}")
    endif()
    ropewalk_script_test(${folder}_${name} ${label} COMMAND ${interpreter} "${script}")
  endforeach()
endforeach()

# What users of other software reported, tried with the command: tests/field/README.md.
if(ROPEWALK_BUILD_APP)
  file(GLOB cases CONFIGURE_DEPENDS "${ROPEWALK_TEST_ROOT}/field/case*.py" "${ROPEWALK_TEST_ROOT}/field/case*.sh")
  foreach(case IN LISTS cases)
    get_filename_component(name "${case}" NAME_WE)
    if(case MATCHES "\\.py$")
      set(interpreter "${ROPEWALK_PYTHON}")
    elseif(ROPEWALK_SANITIZE)  # compiles a program of its own, without the sanitizers' flags
      continue()
    else()
      set(interpreter bash)
    endif()
    ropewalk_script_test(field_${name} field COMMAND ${interpreter} "${case}" "${PROJECT_BINARY_DIR}/bin/ropewalk")
  endforeach()
endif()

# What follows runs nothing of the library: a sanitized build would only repeat it.
if(ROPEWALK_SANITIZE)
  return()
endif()

# The tree itself: who includes whom, every public header alone, what a user's compiler has to read.
set(architecture "${ROPEWALK_TEST_ROOT}/architecture")
ropewalk_script_test(architecture_includes architecture COMMAND "${ROPEWALK_PYTHON}" "${architecture}/includes.py"
                                                                "${PROJECT_SOURCE_DIR}")
ropewalk_script_test(architecture_includes_self_test architecture
                     COMMAND "${ROPEWALK_PYTHON}" "${architecture}/includes_self_test.py")
ropewalk_script_test(architecture_awaited architecture COMMAND "${ROPEWALK_PYTHON}" "${architecture}/awaited.py"
                                                               "${PROJECT_SOURCE_DIR}")
ropewalk_script_test(architecture_awaited_self_test architecture
                     COMMAND "${ROPEWALK_PYTHON}" "${architecture}/awaited_self_test.py")
ropewalk_script_test(
  architecture_headers_alone architecture
  COMMAND "${ROPEWALK_PYTHON}" "${architecture}/headers_alone.py" --source "${PROJECT_SOURCE_DIR}" --include
          "${PROJECT_BINARY_DIR}/include" --stamps "${PROJECT_BINARY_DIR}/headers_alone" --compiler
          "${CMAKE_CXX_COMPILER}"
  PROPERTIES PROCESSORS 2 TIMEOUT 1200)
ropewalk_script_test(
  architecture_examples architecture
  COMMAND "${ROPEWALK_PYTHON}" "${architecture}/examples.py" --source "${PROJECT_SOURCE_DIR}" --include
          "${PROJECT_BINARY_DIR}/include" --compiler "${CMAKE_CXX_COMPILER}"
  PROPERTIES PROCESSORS 2 TIMEOUT 600)
ropewalk_script_test(
  architecture_examples_self_test architecture
  COMMAND "${ROPEWALK_PYTHON}" "${architecture}/examples_self_test.py" "${CMAKE_CXX_COMPILER}"
  PROPERTIES PROCESSORS 2)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # the promises are of what g++ says, and of its seconds
  ropewalk_script_test(
    architecture_refused architecture
    COMMAND "${ROPEWALK_PYTHON}" "${architecture}/refused.py" "${CMAKE_CXX_COMPILER}" "${PROJECT_BINARY_DIR}/include"
    PROPERTIES PROCESSORS 2 TIMEOUT 600)
  ropewalk_script_test(
    architecture_compile_time architecture
    COMMAND "${ROPEWALK_PYTHON}" "${architecture}/compile_time.py" "${CMAKE_CXX_COMPILER}"
            "${PROJECT_BINARY_DIR}/include" "${PROJECT_SOURCE_DIR}/examples/http_hello.cc"
            "${PROJECT_SOURCE_DIR}/cmake/precompiled_std.h"
    PROPERTIES RUN_SERIAL ON)
endif()

# What g++ 12 makes of a co_await expression: the lint that says so is right.
set(await "${ROPEWALK_TEST_ROOT}/await")
ropewalk_script_test(await_lint architecture COMMAND "${ROPEWALK_PYTHON}" "${await}/lint_test.py" "${PROJECT_SOURCE_DIR}"
                                                     "${CMAKE_CXX_COMPILER}"
                     PROPERTIES TIMEOUT 900)
ropewalk_script_test(await_tree architecture COMMAND "${ROPEWALK_PYTHON}" "${await}/tree_test.py" "${PROJECT_SOURCE_DIR}")
ropewalk_script_test(await_cmake architecture COMMAND bash "${await}/cmake_lint.sh" "${PROJECT_SOURCE_DIR}"
                                                      "${CMAKE_COMMAND}")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Only this file is instrumented: what is freed twice is freed by the caller's code.
  add_executable(await_positions "${await}/positions.cc")
  target_compile_options(await_positions PRIVATE -fsanitize=address -g -O0)
  target_link_options(await_positions PRIVATE -fsanitize=address)
  target_link_libraries(await_positions PRIVATE ropewalk::ropewalk)
  target_include_directories(await_positions PRIVATE "${PROJECT_BINARY_DIR}/include")
  set_target_properties(await_positions PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin/tests")
  ropewalk_script_test(await_positions architecture COMMAND await_positions
                       PROPERTIES ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0" TIMEOUT 600)
endif()

ropewalk_script_test(install_find_llhttp install COMMAND bash "${ROPEWALK_TEST_ROOT}/install/find_llhttp.sh"
                                                         "${PROJECT_SOURCE_DIR}" "${CMAKE_COMMAND}")

# Three ways to use what was built, each by a consumer of three lines.
if(ROPEWALK_INSTALL)
  foreach(way find_package pkg_config add_subdirectory)
    ropewalk_script_test(
      install_${way} install
      COMMAND bash "${ROPEWALK_TEST_ROOT}/install/${way}.sh" "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}"
              "${CMAKE_COMMAND}" "${CMAKE_CXX_COMPILER}"
      PROPERTIES PROCESSORS 2 TIMEOUT 900)
  endforeach()
endif()
