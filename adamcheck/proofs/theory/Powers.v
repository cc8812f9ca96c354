(* The integer powers of a decay rate, and the bias correction: as a running product, by exp and log, or by any
   function that is as accurate. *)

Require Import Reals Lra Lia Psatz.
From Flocq Require Import Raux.
From Adamcheck Require Import Rounding Radius.
Open Scope R_scope.

(* The exact power of an inexact base, and any power within the allowance of the rule. *)
Theorem power_of_inexact (r x X : R) (n : nat) :
  within r x X -> Rabs (X ^ n - x ^ n) <= INR n * r * (Rabs x + r) ^ (n - 1).
Proof.
  intros HX. pose proof (magnitude _ _ _ HX) as M. pose proof (radius_nonnegative _ _ _ HX) as P.
  pose proof (Rabs_pos x) as A. induction n as [|n IH].
  - simpl. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. lra.
  - replace (X ^ S n - x ^ S n) with ((X - x) * X ^ n + x * (X ^ n - x ^ n)) by (simpl; ring).
    eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, S_INR.
    replace (S n - 1)%nat with n by lia.
    assert (Q : Rabs (X ^ n) <= (Rabs x + r) ^ n).
    { rewrite <- RPow_abs. apply pow_incr. split; [apply Rabs_pos | exact M]. }
    assert (Rabs (X - x) * Rabs (X ^ n) <= r * (Rabs x + r) ^ n).
    { apply Rmult_le_compat; try apply Rabs_pos; [exact HX | exact Q]. }
    assert (Rabs x * Rabs (X ^ n - x ^ n) <= INR n * r * (Rabs x + r) ^ n).
    { destruct n as [|n]; [simpl; rewrite Rminus_diag_eq, Rabs_R0 by reflexivity; lra|].
      replace (S n - 1)%nat with n in IH by lia.
      replace (INR (S n) * r * (Rabs x + r) ^ S n) with ((Rabs x + r) * (INR (S n) * r * (Rabs x + r) ^ n))
        by (simpl; ring).
      apply Rmult_le_compat; try apply Rabs_pos; [lra | exact IH]. }
    lra.
Qed.

Theorem power (k w grown x r X Z : R) (n : nat) :
  0 <= k -> 0 <= grown -> within r x X ->
  Rabs (Z - X ^ n) <= (grown + k * (1 + grown)) * Rabs (X ^ n) + w ->
  within (power_radius k w grown x r n) (x ^ n) Z.
Proof.
  intros K G HX H. pose proof (magnitude _ _ _ HX) as M. unfold within, power_radius.
  assert (Q : Rabs (X ^ n) <= (Rabs x + r) ^ n).
  { rewrite <- RPow_abs. apply pow_incr. split; [apply Rabs_pos | exact M]. }
  assert ((grown + k * (1 + grown)) * Rabs (X ^ n) <= (grown + k * (1 + grown)) * (Rabs x + r) ^ n)
    by (apply Rmult_le_compat_l; [nra | exact Q]).
  pose proof (two_errors _ _ _ _ _ H (power_of_inexact _ _ _ n HX)). lra.
Qed.

(* --- a running product ----------------------------------------------------------------------- *)

Inductive running_product (u e X : R) : nat -> R -> Prop :=
  | empty_product : running_product u e X 0 1
  | next_product n P Z : running_product u e X n P -> rounds u e (P * X) Z -> running_product u e X (S n) Z.

(* The absolute errors add up: n of them, where one of another power has `underflow`. *)
Theorem power_by_running_product (k u e x r X Z : R) (n : nat) :
  0 <= k -> 0 <= u -> 0 <= e -> Rabs X * (1 + u) <= 1 -> within r x X -> running_product u e X n Z ->
  within (power_radius k (INR n * e) ((1 + u) ^ n - 1) x r n) (x ^ n) Z.
Proof.
  intros K U E B HX P.
  assert (G : forall m, 1 <= (1 + u) ^ m) by (intros m; apply pow_R1_Rle; lra).
  apply power with X; [exact K | specialize (G n); lra | exact HX |].
  apply Rle_trans with (((1 + u) ^ n - 1) * Rabs (X ^ n) + INR n * e).
  2: { apply Rplus_le_compat_r. apply Rmult_le_compat_r; [apply Rabs_pos|]. specialize (G n). nra. }
  induction P as [|n P Z _ IH H].
  - simpl. replace (1 - 1) with 0 by ring. rewrite Rabs_R0. lra.
  - apply rounds_error in H. rewrite S_INR.
    assert (A : Rabs (P * X - X ^ S n) <= (((1 + u) ^ n - 1) * Rabs (X ^ n) + INR n * e) * Rabs X).
    { replace (P * X - X ^ S n) with ((P - X ^ n) * X) by (simpl; ring). rewrite Rabs_mult.
      apply Rmult_le_compat_r; [apply Rabs_pos | exact IH]. }
    pose proof (magnitude _ (X ^ S n) (P * X) A) as M.
    pose proof (two_errors _ _ _ _ _ H A) as T. eapply Rle_trans; [exact T|].
    assert (N : Rabs (X ^ S n) = Rabs X * Rabs (X ^ n)) by (simpl; apply Rabs_mult). rewrite N in *.
    assert (u * Rabs (P * X) <= u * (Rabs X * Rabs (X ^ n) + (((1 + u) ^ n - 1) * Rabs (X ^ n) + INR n * e) * Rabs X))
      by (apply Rmult_le_compat_l; lra).
    assert (INR n * e * (Rabs X * (1 + u)) <= INR n * e * 1).
    { apply Rmult_le_compat_l; [apply Rmult_le_pos; [apply pos_INR | exact E] | exact B]. }
    simpl pow. nra.
Qed.

(* The bias correction 1 - beta^t with the power as a running product. *)
Theorem correction_by_running_product (k w u e b rb B P C : R) (t : nat) :
  0 <= k -> 0 <= u -> 0 <= e -> u <= k -> e <= w -> Rabs B * (1 + u) <= 1 -> within rb b B ->
  running_product u e B t P -> rounds u e (1 - P) C ->
  within (sum_radius k w 1 0 (b ^ t) (power_radius k (INR t * e) ((1 + u) ^ t - 1) b rb t)) (1 - b ^ t) C.
Proof.
  intros K U E UK EW F HB HP HC. apply difference with 1 P; [exact K | | |].
  - unfold within. rewrite Rminus_diag_eq, Rabs_R0 by reflexivity. lra.
  - apply power_by_running_product with B; assumption.
  - apply rounds_error in HC. eapply Rle_trans; [exact HC|]. apply Rplus_le_compat; [|exact EW].
    apply Rmult_le_compat; try assumption; try apply Rabs_pos.
    unfold Rminus. eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp. lra.
Qed.

(* --- exp (n * log beta) ---------------------------------------------------------------------- *)

Lemma exp_above (x : R) : 1 + x <= exp x.
Proof. destruct (Req_dec x 0) as [-> | N]; [rewrite exp_0; lra | left; apply exp_ineq1; exact N]. Qed.

Lemma exp_increasing_or_equal (x y : R) : x <= y -> exp x <= exp y.
Proof. intros [L | ->]; [left; apply exp_increasing; exact L | right; reflexivity]. Qed.

Lemma exp_below (x : R) : x < 1 -> exp x <= / (1 - x).
Proof.
  intros L. rewrite <- (Ropp_involutive x) at 1. rewrite exp_Ropp. apply Rinv_le_contravar; [lra|].
  pose proof (exp_above (- x)). lra.
Qed.

Lemma log_above (u : R) : 0 <= u -> u - u * u <= ln (1 + u).
Proof.
  intros U. rewrite <- (Ropp_involutive (ln (1 + u))), <- ln_Rinv by lra.
  pose proof (exp_above (ln (/ (1 + u)))) as E. rewrite exp_ln in E by (apply Rinv_0_lt_compat; lra).
  assert (/ (1 + u) <= 1 - u + u * u); [|lra].
  apply Rmult_le_reg_r with (1 + u); [lra|]. rewrite Rinv_l by lra.
  assert (0 <= u * u * u) by (repeat apply Rmult_le_pos; exact U). lra.
Qed.

(* Log and the product each with one rounding, exp with one more; as long as the power is at least
   exp (- 1 / (2 u)), below which every format underflows. *)
Theorem power_by_exponential (u w x r X L T Z : R) (n : nat) :
  0 <= u -> u <= / 16 -> 0 <= w -> 0 < X <= 1 -> within r x X -> INR n * - ln X * u <= / 2 ->
  Rabs (L - ln X) <= u * Rabs (ln X) -> Rabs (T - INR n * L) <= u * Rabs (INR n * L) ->
  Rabs (Z - exp T) <= u * exp T + w ->
  within (power_radius (rounding u) w (exp (INR n * (2 * - ln X) * ln (1 + u)) - 1) x r n) (x ^ n) Z.
Proof.
  intros U S W PX HX F HL HT HZ.
  assert (K : 4 * u <= rounding u) by (apply rounding_covers; lra).
  assert (N : 0 <= INR n) by apply pos_INR.
  assert (LX : ln X <= 0) by (rewrite <- ln_1; destruct (Req_dec X 1) as [-> | D]; [lra | left; apply ln_increasing; lra]).
  set (a := - ln X) in *. assert (A : 0 <= a) by (unfold a; lra).
  assert (UL : 0 <= ln (1 + u)) by (pose proof (log_above u U); nra).
  assert (NA : 0 <= INR n * a) by (apply Rmult_le_pos; assumption).
  assert (G : 1 <= exp (INR n * (2 * a) * ln (1 + u))).
  { pose proof (exp_increasing_or_equal 0 (INR n * (2 * a) * ln (1 + u))) as G. rewrite exp_0 in G. apply G.
    assert (0 <= INR n * a * ln (1 + u)) by (apply Rmult_le_pos; assumption). lra. }
  apply power with X; [lra | lra | exact HX |].
  assert (E : X ^ n = exp (- (INR n * a))).
  { replace (- (INR n * a)) with (INR n * ln X) by (unfold a; ring).
    rewrite <- Rpower_pow by lra. reflexivity. }
  assert (P : 0 < X ^ n) by (apply pow_lt; lra). rewrite (Rabs_pos_eq (X ^ n)) by lra.
  (* The exponent is off by at most delta. *)
  set (delta := INR n * a * (2 * u + u * u)).
  assert (D : Rabs (T - - (INR n * a)) <= delta).
  { rewrite (Rabs_left1 (ln X)) in HL by lra. fold a in HL.
    assert (ML : Rabs L <= a + u * a).
    { replace L with (ln X + (L - ln X)) by ring. eapply Rle_trans; [apply Rabs_triang|].
      rewrite (Rabs_left1 (ln X)) by lra. fold a. lra. }
    replace (T - - (INR n * a)) with ((T - INR n * L) + INR n * (L - ln X)) by (unfold a; ring).
    eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_mult, (Rabs_pos_eq (INR n)) by exact N.
    rewrite Rabs_mult, (Rabs_pos_eq (INR n)) in HT by exact N. unfold delta.
    assert (INR n * Rabs (L - ln X) <= INR n * (u * a)) by (apply Rmult_le_compat_l; assumption).
    assert (u * (INR n * Rabs L) <= u * (INR n * (a + u * a)))
      by (apply Rmult_le_compat_l; [exact U | apply Rmult_le_compat_l; assumption]). lra. }
  apply Rabs_le_inv in D.
  (* exp T lies between X^n / exp delta and X^n * exp delta. *)
  assert (ET : exp T <= X ^ n * exp delta) by (rewrite E, <- exp_plus; apply exp_increasing_or_equal; lra).
  assert (EB : X ^ n * / exp delta <= exp T).
  { rewrite E, <- exp_Ropp, <- exp_plus. apply exp_increasing_or_equal. lra. }
  pose proof (exp_pos T) as PT. pose proof (exp_pos delta) as PD.
  assert (D1 : 1 <= exp delta).
  { pose proof (exp_above delta). assert (0 <= delta) by (unfold delta; apply Rmult_le_pos; [exact NA | nra]). lra. }
  assert (Q : exp delta * (1 + u) <= exp (INR n * (2 * a) * ln (1 + u)) * (1 + 4 * u)).
  { assert (B : delta <= INR n * (2 * a) * ln (1 + u) + 3 / 2 * u).
    { pose proof (log_above u U) as LA.
      assert (INR n * a * (2 * (u - u * u)) <= INR n * a * (2 * ln (1 + u))) by (apply Rmult_le_compat_l; lra).
      assert (INR n * a * u * (3 * u) <= / 2 * (3 * u)) by (apply Rmult_le_compat_r; lra).
      unfold delta. lra. }
    apply Rle_trans with (exp (INR n * (2 * a) * ln (1 + u) + 3 / 2 * u) * (1 + u)).
    { apply Rmult_le_compat_r; [lra | apply exp_increasing_or_equal; exact B]. }
    rewrite exp_plus, Rmult_assoc. apply Rmult_le_compat_l; [left; apply exp_pos|].
    pose proof (exp_below (3 / 2 * u) ltac:(lra)) as EBL.
    apply Rle_trans with (/ (1 - 3 / 2 * u) * (1 + u)); [apply Rmult_le_compat_r; lra|].
    apply Rmult_le_reg_l with (1 - 3 / 2 * u); [lra|].
    rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra. nra. }
  set (grown := exp (INR n * (2 * a) * ln (1 + u)) - 1) in *.
  assert (GK : (1 + grown) * (1 + 4 * u) <= 1 + (grown + rounding u * (1 + grown))) by (unfold grown in *; nra).
  assert (UP : exp T * (1 + u) <= X ^ n * ((1 + grown) * (1 + 4 * u))).
  { apply Rle_trans with (X ^ n * (exp delta * (1 + u))).
    - rewrite <- Rmult_assoc. apply Rmult_le_compat_r; lra.
    - apply Rmult_le_compat_l; [lra|]. unfold grown. lra. }
  (* Below, because 2 - y <= 1 / y. *)
  assert (LOW : X ^ n * (2 - exp delta) <= exp T).
  { apply Rle_trans with (X ^ n * / exp delta); [|exact EB]. apply Rmult_le_compat_l; [lra|].
    apply Rmult_le_reg_r with (exp delta); [exact PD|]. rewrite Rinv_l by lra. nra. }
  assert (XG : X ^ n * (exp delta * (1 + u)) <= X ^ n * ((1 + grown) * (1 + 4 * u)))
    by (apply Rmult_le_compat_l; [lra | unfold grown; lra]).
  assert (XK : X ^ n * ((1 + grown) * (1 + 4 * u)) <= X ^ n * (1 + (grown + rounding u * (1 + grown))))
    by (apply Rmult_le_compat_l; lra).
  assert (UT : u * exp T <= u * (X ^ n * exp delta)) by (apply Rmult_le_compat_l; assumption).
  apply Rabs_le_inv in HZ. apply Rabs_le. lra.
Qed.
