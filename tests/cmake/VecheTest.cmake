# CTest starts the dearest tests first: a cost a label makes it go through the labels in
# the order in which a mistake is cheapest to read.
set(VC_COST_tidy 3000)
set(VC_COST_unit 2000)
set(VC_COST_prop 1000)

function(vc_test_program name label source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE vc_flags ${ARGN} cmocka)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 120 COST ${VC_COST_${label}})
endfunction()

# vc_unit_test(NAME SOURCE libs...): one cmocka program, CTest label "unit".
function(vc_unit_test name source)
  vc_test_program(${name} unit ${source} ${ARGN})
endfunction()

# vc_prop_test(NAME SOURCE libs...): one cmocka program over generated inputs, label "prop".
function(vc_prop_test name source)
  vc_test_program(${name} prop ${source} ${ARGN})
endfunction()

# vc_fuzz_target(NAME SOURCE libs...): libFuzzer with -DVC_FUZZ=ON under clang; always a
# program that replays tests/fuzz/corpus/NAME, CTest label "fuzz".
function(vc_fuzz_target name source)
  if(VC_FUZZ)
    add_executable(${name}_fuzz ${source})
    target_link_libraries(${name}_fuzz PRIVATE vc_flags ${ARGN})
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  endif()
  add_executable(${name}_replay ${source} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
  target_link_libraries(${name}_replay PRIVATE vc_flags ${ARGN})
  add_test(NAME ${name}_replay
           COMMAND ${name}_replay ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set_tests_properties(${name}_replay PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
